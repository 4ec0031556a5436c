import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Path of a program: `<NAME>_BIN`, else from the PATH; undefined, and said aloud, when there is none. */
export function program(name: "etcd" | "etcdctl" | "etcdutl" | "bbolt"): string | undefined {
  const named = process.env[`${name.toUpperCase()}_BIN`];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const found =
    named ?? folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined)
    console.warn(`MISSING: ${name} (set ${name.toUpperCase()}_BIN or put it on PATH)`);
  return found;
}

/** As `program`, but only an etcd whose behaviour is the one to compare with. */
export function etcdOf37(): string | undefined {
  const path = program("etcd");
  if (path === undefined) return undefined;
  const version =
    /etcd Version: (\S+)/.exec(execFileSync(path, ["--version"], { encoding: "utf8" }))?.[1] ?? "?";
  if (version.startsWith("3.7.")) return path;
  console.warn(
    `MISSING: etcd 3.7 (${path} is ${version}; set ETCD_BIN): not compared with real etcd`,
  );
  return undefined;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until `done` says so; fails with what `what` says after `timeoutMs`. */
export async function until(
  done: () => boolean | Promise<boolean>,
  what: string | (() => string),
  timeoutMs = 150_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await done())) {
    if (performance.now() > deadline)
      throw new Error(`Not within ${timeoutMs} ms: ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Ids {
  readonly clusterId: bigint;
  readonly memberId: bigint;
}

/** A single real member on 127.0.0.1, in a temporary directory. */
export class RealEtcd {
  readonly client: string;
  readonly peer: string;
  readonly directory: string;
  readonly #child: ChildProcess;
  log = "";

  private constructor(client: string, peer: string, directory: string, child: ChildProcess) {
    this.client = client;
    this.peer = peer;
    this.directory = directory;
    this.#child = child;
    child.stderr!.on("data", (chunk: Buffer) => (this.log += chunk.toString()));
  }

  static async start(path: string, ...more: string[]): Promise<RealEtcd> {
    const directory = mkdtempSync(join(tmpdir(), "peers-test-"));
    const client = `http://127.0.0.1:${await freePort()}`;
    const scheme = more.includes("--peer-cert-file") ? "https" : "http";
    const peer = `${scheme}://127.0.0.1:${await freePort()}`;
    const args = [
      ["--name", "real"],
      ["--data-dir", directory],
      ["--listen-client-urls", client],
      ["--advertise-client-urls", client],
      ["--listen-peer-urls", peer],
      ["--initial-advertise-peer-urls", peer],
      ["--initial-cluster", `real=${peer}`],
    ].flat();
    const env = { PATH: process.env["PATH"] };
    const child = spawn(path, [...args, ...more], { stdio: ["ignore", "ignore", "pipe"], env });
    const etcd = new RealEtcd(client, peer, directory, child);
    await until(
      () => etcd.log.includes("ready to serve client requests"),
      () => `etcd is ready:\n${etcd.log.slice(-3000)}`,
    );
    return etcd;
  }

  /** Calls the JSON gateway. */
  async call(path: string, request: object): Promise<string> {
    const body = JSON.stringify(request);
    const reply = await fetch(`${this.client}/v3/${path}`, { method: "POST", body });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${path}: ${text}`);
    return text;
  }

  put(key: string, value: string): Promise<string> {
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    return this.call("kv/put", { key: base64(key), value: base64(value) });
  }

  async ids(): Promise<Ids> {
    const text = await this.call("cluster/member/list", {});
    const pick = (name: string): bigint => BigInt(new RegExp(`"${name}":"(\\d+)"`).exec(text)![1]!);
    return { clusterId: pick("cluster_id"), memberId: pick("member_id") };
  }

  /** `etcdctl member add`; returns the new member's id. */
  async addMember(etcdctl: string, url: string, ...more: string[]): Promise<bigint> {
    const args = ["--endpoints", this.client, "member", "add", "stub", "--peer-urls", url, ...more];
    const { stdout } = await run(etcdctl, args, {
      env: { PATH: process.env["PATH"], ETCDCTL_API: "3" },
    });
    return BigInt(`0x${/Member\s+([0-9a-f]+) added/.exec(stdout)![1]!}`);
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    if (this.#child.exitCode === null && this.#child.kill("SIGKILL")) await gone;
    rmSync(this.directory, { recursive: true, force: true });
  }
}
