import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export interface RealEtcd {
  readonly endpoint: string;
  readonly version: string;
  stop(): Promise<void>;
}

/** `ETCD_BIN`, or `etcd` on the PATH; undefined, said aloud, when there is neither. */
export function etcdBinary(): string | undefined {
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "etcd"))
    .find((path) => existsSync(path));
  const found = process.env["ETCD_BIN"] ?? onPath;
  if (found === undefined) {
    console.warn("MISSING: etcd (set ETCD_BIN): the console is not tested against real etcd");
  }
  return found;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A single real member on free ports of 127.0.0.1, in a temporary directory. */
export async function startEtcd(path: string, more: readonly string[] = []): Promise<RealEtcd> {
  const directory = mkdtempSync(join(tmpdir(), "console-test-"));
  const client = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const args = [
    ["--name", "etcd-a"],
    ["--data-dir", directory],
    ["--listen-client-urls", client],
    ["--advertise-client-urls", client],
    ["--listen-peer-urls", peer],
    ["--initial-advertise-peer-urls", peer],
    ["--initial-cluster", `etcd-a=${peer}`],
    more,
  ].flat();
  const child = await launch(path, args);
  const text = execFileSync(path, ["--version"], { encoding: "utf8" });
  return {
    endpoint: client,
    version: /etcd Version: (\S+)/.exec(text)?.[1] ?? "?",
    stop: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function launch(path: string, args: string[]): Promise<ChildProcess> {
  const child = spawn(path, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"] },
  });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`etcd ended with ${code}:\n${log}`)));
    child.stderr!.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-20_000);
      if (log.includes("ready to serve client requests")) resolve();
    });
  });
  return child;
}
