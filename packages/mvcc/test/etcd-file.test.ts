import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackend } from "@nodetcd/backend";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import { type KeyLeases, openStore } from "../src/mvcc.ts";
import { bytes } from "./support/open.ts";
import { programPath, run } from "./support/programs.ts";

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

/** Runs a real etcd while `use` works on it; false where there is none. */
async function withEtcd(
  directory: string,
  use: (ctl: (...args: string[]) => string) => void,
): Promise<boolean> {
  if (run("ETCD_BIN", "etcd", ["--version"]) === undefined) return false;
  if (run("ETCDCTL_BIN", "etcdctl", ["version"]) === undefined) return false;
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const args = [
    "--data-dir",
    directory,
    "--listen-client-urls",
    url,
    "--advertise-client-urls",
    url,
  ];
  args.push("--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl);
  args.push("--initial-cluster", `default=${peerUrl}`);
  const etcd = spawn(programPath("ETCD_BIN", "etcd"), args, { stdio: "ignore" });
  const ended = new Promise((resolve) => etcd.once("exit", resolve));
  const ctl = (...rest: string[]): string =>
    run("ETCDCTL_BIN", "etcdctl", ["--endpoints", url, ...rest])!;
  try {
    for (let tries = 0; ; tries++) {
      try {
        ctl("--command-timeout=200ms", "get", "ready");
        break;
      } catch (error) {
        if (tries === 40) throw error;
        await nodeClock.yield();
      }
    }
    use(ctl);
  } finally {
    etcd.kill("SIGTERM");
    await ended;
  }
  return true;
}

test("openStore: reads a file that etcd wrote; revisions, leases, compaction and hashes are the same", async () => {
  const directory = mkdtempSync(join(tmpdir(), "etcd-file-"));
  const hashes: { revision: number; hash: number; compactRevision: number }[] = [];
  let lease = "";
  try {
    const ran = await withEtcd(directory, (ctl) => {
      lease = /lease ([0-9a-f]+)/.exec(ctl("lease", "grant", "1000"))![1]!;
      for (let i = 0; i < 12; i++) ctl("put", `k${i % 4}`, `value ${i}`);
      ctl("put", "leased", "v", `--lease=${lease}`);
      ctl("del", "k1"); // 15
      ctl("put", "k1", "again");
      ctl("del", "k2", "k4"); // 17
      ctl("compact", "15", "--physical");
      for (let i = 0; i < 3; i++) ctl("put", "k0", `late ${i}`);
      for (const revision of [0, 16, 17, 18, 20]) {
        const reply = ctl("endpoint", "hashkv", "--rev", `${revision}`, "-w", "json");
        const { HashKV } = (JSON.parse(reply) as { HashKV: Record<string, number> }[])[0]!;
        hashes.push({
          revision,
          hash: HashKV["hash"]!,
          compactRevision: HashKV["compact_revision"]!,
        });
      }
    });
    if (!ran) return;
    const attached: string[] = [];
    const lessor: KeyLeases = {
      attach: (id, key) => void attached.push(`${id.toString(16)} ${Buffer.from(key).toString()}`),
      detach: () => undefined,
      leaseOf: () => 0n,
    };
    const runtime = { clock: nodeClock, disk: nodeDisk };
    const backend = openBackend(runtime, join(directory, "member", "snap", "db"));
    const store = await openStore(backend, { clock: nodeClock, lessor });
    expect([store.revision, store.compactRevision, store.keysTotal]).toEqual([20, 15, 3]);
    expect(attached).toEqual([`${lease.replace(/^0+/, "")} leased`]);
    expect(store.get(bytes("k1"))).toMatchObject({
      createRevision: 16,
      modRevision: 16,
      version: 1,
    });
    const all = store.range(bytes("\0"), bytes("\0"), { revision: 16 });
    expect(all.keyValues.map((kv) => Buffer.from(kv.key).toString())).toEqual([
      "k0",
      "k1",
      "k2",
      "k3",
      "leased",
    ]);
    for (const { revision, hash, compactRevision } of hashes) {
      expect(await store.hashKv(revision)).toMatchObject({ hash, compactRevision });
    }
    await store.close();
    await backend.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
