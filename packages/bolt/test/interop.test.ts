import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { type Bucket, openDatabase } from "@nodetcd/bolt";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { SeededRandom } from "@nodetcd/simulator";
import { afterAll, describe, expect, test } from "vitest";
import { b, codeOf } from "./helpers.ts";
import { HISTORY_PAGE_SIZES, runHistory } from "./history.ts";
import { expectSound, findBbolt, findProgram, run } from "./real-bbolt.ts";

const directory = nodeDisk.makeTemporaryDirectory("bolt-interop-");
afterAll(() => nodeDisk.removeTree(directory));
const bbolt = findBbolt();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe.each(["array", "hashmap"] as const)("files of ours, freelist type %s", (freelistType) => {
  test.each(HISTORY_PAGE_SIZES)("with page size %i are sound in bbolt", async (pageSize) => {
    const path = `${directory}/ours-${freelistType}-${pageSize}`;
    await runHistory({
      open: (options) => openDatabase(nodeDisk, path, options),
      options: { pageSize, freelistType, noSync: true, clock: nodeClock },
      random: new SeededRandom(Number(process.env["SEED"] ?? pageSize)),
      transactions: 15,
    });
    if (bbolt !== undefined) expectSound(bbolt, path);
  });
});

/** Keys of all plain entries of a bucket, in hexadecimal. */
function keysOf(bucket: Bucket): string[] {
  const keys: string[] = [];
  bucket.forEach((key) => keys.push(hex(key)));
  return keys;
}

describe("files of bbolt's bench", () => {
  test.each([
    ["seq", "4096"],
    ["rnd", "1024"],
    ["seq-nest", "16384"],
    ["rnd-nest", "65536"],
  ])("%s, page size %s: read identically, written to, and sound again", (mode, pageSize) => {
    if (bbolt === undefined) return;
    const path = `${directory}/bench-${mode}`;
    run(
      bbolt,
      "bench",
      "--path",
      path,
      "--work",
      "--count",
      "10000",
      "--batch-size",
      "1000",
      "--write-mode",
      mode,
      "--page-size",
      pageSize,
      "--value-size",
      "60",
    );
    const db = openDatabase(nodeDisk, path, { strict: true });
    expect(db.pageSize).toBe(Number(pageSize));
    const tops: string[] = [];
    db.view((tx) => tx.forEach((name) => tops.push(Buffer.from(name).toString())));
    expect(
      run(bbolt, "buckets", path + copyOf(path))
        .trim()
        .split("\n"),
    ).toEqual(tops);
    db.view((tx) => {
      const top = tx.bucket(b(tops[0]!))!;
      const listed = run(bbolt, "keys", "--format", "hex", path + copyOf(path), tops[0]!);
      expect(keysOf(top)).toEqual(listed.trim().split("\n"));
      const plain = top.cursor().first();
      if (plain?.value !== undefined) {
        const shown = run(
          bbolt,
          "get",
          "--parse-format",
          "hex",
          "--format",
          "hex",
          path + copyOf(path),
          tops[0]!,
          hex(plain.key),
        );
        expect(shown.trim()).toBe(hex(plain.value));
      }
    });
    db.update((tx) => {
      const top = tx.bucket(b(tops[0]!))!;
      let n = 0;
      const cursor = top.cursor();
      for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
        if (n++ % 3 === 0 && entry.value !== undefined) cursor.delete();
      }
      tx.createBucket(b("ours")).put(b("key"), b("value"));
    });
    db.close();
    expectSound(bbolt, path);
    expect(run(bbolt, "get", path, "ours", "key").trim()).toBe("value");
  });
});

/** bbolt cannot open what we hold open: it looks at a copy, made anew each time. */
function copyOf(path: string): string {
  fs.copyFileSync(path, `${path}.copy`);
  return ".copy";
}

test("bbolt waits while we hold the file, and opens it when we have closed it", () => {
  if (bbolt === undefined) return;
  const path = `${directory}/locked`;
  const db = openDatabase(nodeDisk, path);
  const held = spawnSync(bbolt, ["check", path], { timeout: 500 });
  expect(held.signal).toBe("SIGTERM");
  db.close();
  expect(run(bbolt, "check", path).trim()).toBe("OK");
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

async function withEtcd(
  etcd: string,
  etcdctl: string,
  work: (ctl: (...args: string[]) => string) => void,
): Promise<void> {
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const child: ChildProcess = spawn(
    etcd,
    [
      "--data-dir",
      `${directory}/etcd`,
      "--logger",
      "zap",
      "--log-level",
      "error",
      "--listen-client-urls",
      url,
      "--advertise-client-urls",
      url,
      "--listen-peer-urls",
      peerUrl,
      "--initial-advertise-peer-urls",
      peerUrl,
      "--initial-cluster",
      `default=${peerUrl}`,
    ],
    { stdio: "ignore" },
  );
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const ctl = (...args: string[]): string => run(etcdctl, "--endpoints", url, ...args);
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        ctl("endpoint", "health");
        break;
      } catch (error) {
        if (attempt > 50) throw error;
        await new Promise((resolve) => nodeClock.setTimer(100, () => resolve(undefined)));
      }
    }
    work(ctl);
  } finally {
    child.kill("SIGTERM");
    await gone;
  }
}

test(
  "a real etcd's db is read, written to, and taken back by etcd",
  { timeout: 60_000 },
  async () => {
    const etcd = findProgram("ETCD_BIN", "etcd");
    const etcdctl = findProgram("ETCDCTL_BIN", "etcdctl");
    if (etcd === undefined || etcdctl === undefined) {
      console.warn("MISSING: etcd or etcdctl (set ETCD_BIN, ETCDCTL_BIN): its db is not read");
      return;
    }
    const path = `${directory}/etcd/member/snap/db`;
    await withEtcd(etcd, etcdctl, (ctl) => {
      for (let i = 0; i < 20; i++) ctl("put", `name ${i}`, `value ${i}`.repeat(100));
      expect(codeOf(() => openDatabase(nodeDisk, path))).toBe("TIMEOUT");
    });
    const db = openDatabase(nodeDisk, path, { noFreelistSync: true, strict: true });
    const revisions = db.view((tx) => keysOf(tx.bucket(b("key"))!));
    // Revision 1 is the empty store; the health check may have written nothing.
    expect(revisions.length).toBeGreaterThanOrEqual(20);
    expect(revisions[0]).toMatch(/^00000000000000025f0{16}$/);
    if (bbolt !== undefined) {
      const listed = run(bbolt, "keys", "--format", "hex", path + copyOf(path), "key");
      expect(listed.trim().split("\n")).toEqual(revisions);
    }
    db.update((tx) => tx.createBucket(b("ours")).put(b("k"), Buffer.alloc(100_000)));
    db.update((tx) => tx.deleteBucket(b("ours")));
    expect(db.view((tx) => [...tx.check()])).toEqual([]);
    db.close();
    if (bbolt !== undefined) expectSound(bbolt, path);
    fs.rmSync(`${path}.copy`, { force: true });
    fs.rmSync(`${path}.compacted`, { force: true });
    await withEtcd(etcd, etcdctl, (ctl) => {
      expect(ctl("get", "name 7", "--print-value-only").trim()).toBe("value 7".repeat(100));
      ctl("put", "after", "all");
    });
  },
);
