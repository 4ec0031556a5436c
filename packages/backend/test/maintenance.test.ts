import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crc32c } from "@nodetcd/bytes";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { FaultDisk } from "@nodetcd/simulator";
import { type Backend, BUCKETS, openBackend } from "../src/backend.ts";

const BBOLT = process.env["BBOLT_BIN"] ?? "/usr/bin/bbolt";
const ETCDUTL = process.env["ETCDUTL_BIN"] ?? "/usr/bin/etcdutl";
const runtime = { clock: nodeClock, disk: nodeDisk };
let directory = "";
let backend: Backend;

/** 18 bytes, as the keys of the `key` bucket. */
function key(n: number): Uint8Array {
  const bytes = Buffer.alloc(17);
  bytes.writeBigUInt64BE(BigInt(n), 0);
  bytes[8] = 0x5f;
  return bytes;
}

function fill(from: number, to: number, size = 200): void {
  for (let n = from; n < to; n++) backend.put("key", key(n), Buffer.alloc(size, n));
}

function checkWithBbolt(path: string): void {
  if (!existsSync(BBOLT)) {
    console.warn(`MISSING: ${BBOLT} (set BBOLT_BIN): its opinion of the files`);
    return;
  }
  expect(execFileSync(BBOLT, ["check", path], { encoding: "utf8" })).toContain("OK");
}

async function saveSnapshot(path: string): Promise<number> {
  const snapshot = await backend.openSnapshot();
  const chunks: Uint8Array[] = [];
  for await (const chunk of snapshot.read()) {
    expect(chunk.length).toBeLessThanOrEqual(32 * 1024);
    chunks.push(chunk);
    // Writes go on meanwhile, and use the pages that are given free.
    fill(100_000 + chunks.length * 10, 100_000 + chunks.length * 10 + 10);
    if (chunks.length % 20 === 0) await backend.commit();
  }
  snapshot.close();
  snapshot.close();
  const bytes = Buffer.concat(chunks);
  expect(bytes.length).toBe(snapshot.size);
  writeFileSync(path, bytes, { mode: 0o600 });
  return chunks.length;
}

function count(of: Backend): number {
  let found = 0;
  of.range("key", new Uint8Array(0), undefined, 0, () => void found++);
  return found;
}

beforeEach(() => {
  directory = nodeDisk.makeTemporaryDirectory("backend-");
  backend = openBackend(runtime, `${directory}/db`, { batchIntervalMs: 5, defragmentRecords: 500 });
});

afterEach(async () => {
  await backend.close();
  nodeDisk.removeTree(directory);
});

describe("openSnapshot", () => {
  it("gives a sound database of the moment it was asked for, while writes go on", async () => {
    fill(0, 20_000);
    const chunks = await saveSnapshot(`${directory}/copy`);
    expect(chunks).toBeGreaterThan(100);
    checkWithBbolt(`${directory}/copy`);
    const copy = openBackend(runtime, `${directory}/copy`);
    expect(count(copy)).toBe(20_000);
    expect(Buffer.from(copy.get("key", key(19_999)) ?? [])).toEqual(Buffer.alloc(200, 19_999));
    await copy.close();
  });

  it("ends when the backend is closed", async () => {
    fill(0, 2000);
    const snapshot = await backend.openSnapshot();
    const chunks = snapshot.read()[Symbol.asyncIterator]();
    await chunks.next();
    await backend.close();
    await expect(
      (async () => {
        for (;;) if ((await chunks.next()).done === true) break;
      })(),
    ).rejects.toThrow();
  });
});

describe("hash", () => {
  it("is CRC-32C over names, keys and values in order, without what is ignored", async () => {
    backend.put("meta", Buffer.from("consistent_index"), Buffer.from("12345678"));
    backend.put("meta", Buffer.from("x"), Buffer.from("y"));
    backend.put("key", key(1), Buffer.from("one"));
    backend.put("authUsers", Buffer.from("root"), new Uint8Array(0));
    let expected = 0;
    const add = (part: Uint8Array | string): void => {
      expected = crc32c(expected, typeof part === "string" ? Buffer.from(part) : part);
    };
    for (const name of Object.values(BUCKETS).sort()) {
      add(name);
      if (name === "key") [key(1), "one"].forEach(add);
      if (name === "meta") ["x", "y"].forEach(add);
      if (name === "authUsers") add("root");
    }
    const hash = await backend.hash((bucket, k) => bucket === "meta" && k.length > 1);
    expect(hash).toBe(expected);
  });
});

describe("tools of etcd and bbolt", () => {
  it("agree on the hash and the number of keys of a snapshot", async () => {
    if (!existsSync(ETCDUTL)) {
      console.warn(`MISSING: ${ETCDUTL} (set ETCDUTL_BIN): its hash of the files`);
      return;
    }
    for (let n = 1; n <= 500; n++) {
      const name = Buffer.from(`key-${n}`);
      // mvccpb.KeyValue: key, create and mod revision, version, value
      const head = Buffer.from([0x0a, name.length, ...name, 0x10, n & 127, 0x18, n & 127, 0x20, 1]);
      backend.put("key", key(n), Buffer.concat([head, Buffer.from([0x2a, 2, 0x68, 0x69])]));
    }
    const hash = await backend.hash(() => false);
    const snapshot = await backend.openSnapshot();
    const chunks: Uint8Array[] = [];
    for await (const chunk of snapshot.read()) chunks.push(chunk);
    snapshot.close();
    const bytes = Buffer.concat(chunks);
    const path = `${directory}/saved`;
    writeFileSync(path, Buffer.concat([bytes, createHash("sha256").update(bytes).digest()]));
    const status = execFileSync(ETCDUTL, ["snapshot", "status", path, "-w", "json"], {
      encoding: "utf8",
    });
    expect(JSON.parse(status)).toMatchObject({ hash, revision: 500, totalKey: 500 });
  });
});

describe("defragment", () => {
  it("shrinks the file and keeps every record, while reads and writes go on", async () => {
    fill(0, 30_000);
    await backend.commit();
    for (let n = 0; n < 30_000; n++) if (n % 10 !== 0) backend.delete("key", key(n));
    await backend.commit();
    const before = backend.size();
    const snapshot = await backend.openSnapshot();

    let done = false;
    const defragmenting = backend.defragment().then(() => (done = true));
    await expect(backend.defragment()).rejects.toMatchObject({ code: "BUSY" });
    let turns = 0;
    for (let n = 0; !done; n++) {
      if (n > 3000) {
        await nodeClock.yield();
        continue;
      }
      // Behind the copied part, in it, and before it.
      backend.put("key", key(40_000 + n), Buffer.from(`new ${n}`));
      backend.put("key", key((n * 10) % 30_000), Buffer.from(`changed ${n}`));
      if (n % 3 === 0) backend.delete("key", key((n * 70) % 30_000));
      expect(Buffer.from(backend.get("key", key(40_000 + n)) ?? []).toString()).toBe(`new ${n}`);
      if (n % 5 === 0) await nodeClock.yield();
      turns++;
    }
    await defragmenting;
    expect(turns).toBeGreaterThan(10);
    expect(backend.size()).toBeLessThan(before / 2);
    snapshot.close();
    const hash = await backend.hash(() => false);
    const records = count(backend);
    await backend.close();

    expect(nodeDisk.list(directory).map((entry) => entry.name)).toEqual(["db"]);
    checkWithBbolt(`${directory}/db`);
    backend = openBackend(runtime, `${directory}/db`);
    expect(await backend.hash(() => false)).toBe(hash);
    expect(count(backend)).toBe(records);
  });

  it("that runs out of space leaves the file as it was, and everything goes on", async () => {
    const disk = new FaultDisk();
    const small = openBackend({ clock: nodeClock, disk }, "/db");
    for (let n = 0; n < 5000; n++) small.put("key", key(n), new Uint8Array(200));
    await small.commit();
    disk.faults.capacityBytes = disk.usedBytes() + 300_000;
    await expect(small.defragment()).rejects.toThrow("no space");
    disk.faults.capacityBytes = Infinity;
    expect(disk.list("/").map((entry) => entry.name)).toContain("db");
    expect(disk.list("/").filter((entry) => entry.name.includes("tmp."))).toEqual([]);
    expect(small.failure).toBeUndefined();
    small.put("key", key(9999), new Uint8Array(1));
    await small.commit();
    expect(count(small)).toBe(5001);
    await small.close();
  });
});
