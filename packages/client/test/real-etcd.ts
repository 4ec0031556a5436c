import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export interface RealEtcd {
  readonly endpoint: string;
  stop(): Promise<void>;
  /** Stops the process where it is (SIGSTOP), so that it is silent, and lets it go on. */
  freeze(): void;
  thaw(): void;
  /** Ends it, with or without notice, and starts it again on the same port and data. */
  restart(how: "stop" | "kill"): Promise<void>;
}

/** Paths of etcd programs: `ETCD_BIN` and `etcd` on the PATH, with their versions. */
export function realEtcdBinaries(): { path: string; version: string }[] {
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "etcd"))
    .find((path) => existsSync(path));
  const found = [process.env["ETCD_BIN"], onPath].filter((path) => path !== undefined);
  const binaries = [...new Set(found)].map((path) => {
    const text = execFileSync(path, ["--version"], { encoding: "utf8" });
    return { path, version: /etcd Version: (\S+)/.exec(text)?.[1] ?? "?" };
  });
  if (binaries.length === 0) {
    console.warn("MISSING: etcd (set ETCD_BIN): the client is not tested against real etcd");
  }
  return binaries;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
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

/** A single real member on free ports of 127.0.0.1, in a temporary directory. */
export async function startRealEtcd(
  path: string,
  { scheme = "http", flags = [] }: { scheme?: "http" | "https"; flags?: readonly string[] } = {},
): Promise<RealEtcd> {
  const directory = mkdtempSync(join(tmpdir(), "client-test-"));
  const client = `${scheme}://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const args = [
    ["--name", "real"],
    ["--data-dir", directory],
    ["--listen-client-urls", client],
    ["--advertise-client-urls", client],
    ["--listen-peer-urls", peer],
    ["--initial-advertise-peer-urls", peer],
    ["--initial-cluster", `real=${peer}`],
    flags,
  ].flat();
  const running: ChildProcess[] = [await launch(path, args)];
  const halt = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    const child = running.pop();
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  };
  return {
    endpoint: client,
    freeze: () => void running[0]?.kill("SIGSTOP"),
    thaw: () => void running[0]?.kill("SIGCONT"),
    restart: async (how) => {
      await halt(how === "stop" ? "SIGTERM" : "SIGKILL");
      running.push(await launch(path, args));
    },
    stop: async () => {
      await halt("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
