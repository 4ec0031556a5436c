import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { loadNewestSnapshotFile, openWal, type OpenedWal, readValidSnapshots } from "../src/wal.ts";

/** An etcd and its etcdctl: the one that is named, and Debian's. */
export const PAIRS = [
  [process.env["ETCD_BIN"] ?? "(ETCD_BIN)", process.env["ETCDCTL_BIN"] ?? "(ETCDCTL_BIN)"],
  ["/usr/bin/etcd", "/usr/bin/etcdctl"],
] as const;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === "object" && address !== null ? address.port : 0),
      );
    });
  });
}

export interface RunningEtcd {
  put(key: string, value: string): void;
  get(key: string): string;
  kill(): Promise<void>;
}

/** Waits until it is healthy; raises an error when it has not become so after some seconds, or has ended. */
export async function startEtcd(
  etcd: string,
  etcdctl: string,
  dataDir: string,
): Promise<RunningEtcd> {
  const [client, peer] = [await freePort(), await freePort()];
  const clientUrl = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const child: ChildProcess = spawn(
    etcd,
    [
      `--data-dir=${dataDir}`,
      "--snapshot-count=10",
      "--log-level=error",
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
    ],
    { stdio: "ignore" },
  );
  const ctl = (...args: string[]): string =>
    execFileSync(etcdctl, ["--endpoints", clientUrl, ...args], {
      env: { ...process.env, ETCDCTL_API: "3" },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  for (let attempt = 0; ; attempt++) {
    try {
      ctl("endpoint", "health", "--command-timeout=500ms");
      break;
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`${etcd} ended at its start: ${child.exitCode}`);
      if (attempt > 40) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    put: (key, value) => void ctl("put", key, value),
    get: (key) => ctl("get", key, "--print-value-only").trim(),
    kill: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}

/** The log of a directory of etcd (`DIR/member`), from its newest snapshot on, with small segments. */
export function openMember(member: string): Promise<OpenedWal> {
  const valid = readValidSnapshots(nodeDisk, `${member}/wal`);
  const { metadata } = loadNewestSnapshotFile(nodeDisk, `${member}/snap`, valid)!;
  const from = { index: metadata!.index, term: metadata!.term, confState: undefined };
  const runtime = { clock: nodeClock, disk: nodeDisk };
  return openWal(runtime, `${member}/wal`, from, { segmentBytes: 4096 });
}
