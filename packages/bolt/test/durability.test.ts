import { BoltError, type Database, openDatabase } from "@nodetcd/bolt";
import type { DiskFile } from "@nodetcd/runtime";
import { FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";

const NAME = Buffer.from("b");
const key = (n: number): Buffer => Buffer.from(`key ${n}`);

function put(db: Database, n: number, value: Uint8Array = key(n)): void {
  db.update((tx) => tx.createBucketIfMissing(NAME).put(key(n), value));
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return error instanceof BoltError ? error.code : String(error);
  }
  return undefined;
}

function has(db: Database, n: number): boolean {
  return db.view((tx) => tx.bucket(NAME)?.get(key(n)) !== undefined);
}

describe("a failed sync", () => {
  test.each([1, 2])("number %i of a commit poisons the database", (failing) => {
    const disk = new FaultDisk();
    const db = openDatabase(disk, "/db");
    put(db, 1);
    disk.faults.failSyncAfter = failing;
    expect(() => put(db, 2)).toThrow("simulated failure");
    expect(db.failure?.message).toContain("simulated failure");
    expect(codeOf(() => put(db, 3))).toBe("POISONED");
    expect(has(db, 1)).toBe(true);
    expect(has(db, 2)).toBe(false);
    db.close();
    const again = openDatabase(disk, "/db");
    expect(again.view((tx) => [...tx.check()])).toEqual([]);
    expect(has(again, 1)).toBe(true);
  });

  test("of an asynchronous commit poisons the database", async () => {
    const disk = new FaultDisk();
    const db = openDatabase(disk, "/db");
    const tx = db.begin(true);
    tx.createBucket(NAME).put(key(1), key(1));
    disk.faults.failSyncAfter = 2;
    await expect(tx.commitAsync()).rejects.toThrow("simulated failure");
    expect(codeOf(() => db.begin(true))).toBe("POISONED");
    expect(has(db, 1)).toBe(false);
  });
});

/** Writes anew what twenty keys have, round by round. */
function writeRounds(db: Database, first: number, count: number): void {
  for (let round = first; round < first + count; round++) {
    db.update((tx) => {
      const bucket = tx.createBucketIfMissing(NAME);
      for (let i = 0; i < 20; i++) bucket.put(key(i), Buffer.alloc(500, round));
    });
  }
}

/** The rounds that the keys' values are of. */
function roundsIn(db: Database): Set<number | undefined> {
  return db.view((tx) => {
    const bucket = tx.bucket(NAME)!;
    return new Set(Array.from({ length: 20 }, (_, i) => bucket.get(key(i))?.[0]));
  });
}

/** As `writeRounds`, until the disk crashes after so many operations. */
function writeUntilCrash(disk: FaultDisk, db: Database, firstRound: number, after: number): void {
  disk.crashAfter(after);
  try {
    writeRounds(db, firstRound, Infinity);
  } catch (error) {
    if (!disk.crashed) throw error;
  }
}

test("a process dies before the sync of its meta, then the power fails: one state is there, whole", () => {
  const options = { noFreelistSync: true };
  for (let died = 10; died < 25; died++) {
    for (let cut = 0; cut < 6; cut++) {
      let disk = new FaultDisk();
      writeUntilCrash(disk, openDatabase(disk, "/db", options), 1, died);
      disk = disk.restart();
      writeUntilCrash(disk, openDatabase(disk, "/db", options), 100, cut);
      const found = disk.crash(new SeededRandom(died * 100 + cut));
      const db = openDatabase(found, "/db", options);
      expect(db.view((tx) => [...tx.check()])).toEqual([]);
      expect([...roundsIn(db)], `died ${died}, cut ${cut}`).toHaveLength(1);
      db.close();
    }
  }
});

test("the sync of a meta fails, another process goes on, the power fails: one state is there, whole", () => {
  const options = { noFreelistSync: true };
  for (let cut = 0; cut < 12; cut++) {
    let disk = new FaultDisk();
    const first = openDatabase(disk, "/db", options);
    writeRounds(first, 1, 4);
    disk.faults.failSyncAfter = 2;
    expect(() => writeRounds(first, 5, 1)).toThrow("simulated failure");
    disk = disk.restart();
    const next = openDatabase(disk, "/db", options);
    writeUntilCrash(disk, next, 100, cut);
    const db = openDatabase(disk.crash(new SeededRandom(cut)), "/db", options);
    expect(db.view((tx) => [...tx.check()])).toEqual([]);
    expect([...roundsIn(db)], `cut ${cut}`).toHaveLength(1);
    db.close();
  }
});

test("a synced write that fails poisons, as what failed may have been the sync", async () => {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db");
  put(db, 1);
  const tx = db.begin(true);
  tx.bucket(NAME)!.put(key(2), key(2));
  disk.faults.failWriteAfter = 1;
  await expect(tx.commitAsync()).rejects.toThrow("simulated failure");
  expect(codeOf(() => db.begin(true))).toBe("POISONED");
  expect([has(db, 1), has(db, 2)]).toEqual([true, false]);
});

test("a failed page write rolls back and the database goes on", async () => {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", { strict: true });
  for (let i = 0; i < 200; i++) put(db, i);
  disk.faults.failWriteAfter = 1;
  expect(() => put(db, 200)).toThrow("simulated failure");
  expect(has(db, 200)).toBe(false);
  disk.faults.capacityBytes = disk.usedBytes() + 8192;
  const tx = db.begin(true);
  for (let i = 0; i < 200; i += 2) tx.bucket(NAME)!.put(key(i), Buffer.alloc(3000));
  await expect(tx.commitAsync()).rejects.toThrow("no space left");
  delete disk.faults.capacityBytes;
  expect(db.stats().pendingPages).toBeLessThan(5);
  put(db, 201);
  expect(db.view((view) => [...view.check()])).toEqual([]);
  expect(has(db, 0)).toBe(true);
  expect(db.view((view) => view.bucket(NAME)!.get(key(0))!.length)).toBe(5);
});

test("a failed write of one of many runs rolls back an asynchronous commit", async () => {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", { strict: true });
  db.update((tx) => {
    const bucket = tx.createBucket(NAME);
    for (let i = 0; i < 400; i++) bucket.put(key(i), Buffer.alloc(1000));
  });
  // Every second page or so is given up: what comes next is written to many places.
  db.update((tx) => {
    for (let i = 0; i < 400; i += 7) tx.bucket(NAME)!.put(key(i), Buffer.alloc(900));
  });
  put(db, 1000);
  const tx = db.begin(true);
  for (let i = 3; i < 400; i += 7) tx.bucket(NAME)!.put(key(i), Buffer.alloc(800));
  disk.faults.failWriteAfter = 2;
  await expect(tx.commitAsync()).rejects.toThrow("simulated failure");
  expect(db.failure).toBeUndefined();
  put(db, 1001);
  expect(db.view((view) => [...view.check()])).toEqual([]);
  expect([has(db, 3), has(db, 1000), has(db, 1001)]).toEqual([true, true, true]);
});

test("a full disk is an error of the transaction, not of the database", () => {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", { strict: true, noGrowSync: true });
  put(db, 1);
  disk.faults.capacityBytes = disk.usedBytes() + 64 * 1024;
  expect(() => put(db, 2, Buffer.alloc(200_000))).toThrow("no space left");
  put(db, 3);
  expect(has(db, 2)).toBe(false);
  expect(has(db, 3)).toBe(true);
});

test("maxBytes refuses to grow and keeps what is there", () => {
  const db = openDatabase(new FaultDisk(), "/db", { maxBytes: 64 * 1024, strict: true });
  put(db, 1);
  expect(codeOf(() => put(db, 2, Buffer.alloc(100_000)))).toBe("MAX_SIZE_REACHED");
  put(db, 3);
  expect([has(db, 1), has(db, 2), has(db, 3)]).toEqual([true, false, true]);
  put(db, 4, Buffer.alloc(20_000));
  expect(db.fileSize()).toBeLessThanOrEqual(64 * 1024);
});

/** Notes what is written and synced. */
function watched(disk: FaultDisk, log: string[]): FaultDisk {
  const open = disk.open.bind(disk);
  disk.open = (path, mode): DiskFile => {
    const file = open(path, mode);
    const write = file.write.bind(file);
    const sync = file.sync.bind(file);
    const writeSynced = file.writeSynced.bind(file);
    file.writeSynced = async (chunks, position): Promise<void> => {
      await writeSynced(chunks, position);
      log.push("sync");
    };
    file.write = (from, position): void => {
      log.push(position < 2 * 4096 ? `meta ${position / 4096}` : "pages");
      write(from, position);
    };
    file.sync = (): void => {
      log.push("sync");
      sync();
    };
    return file;
  };
  return disk;
}

test.each([true, false])("pages, sync, meta, sync: in this order (async: %s)", async (async) => {
  const log: string[] = [];
  const db = openDatabase(watched(new FaultDisk(), log), "/db");
  for (const meta of [0, 1, 0]) {
    const tx = db.begin(true);
    tx.createBucketIfMissing(NAME).put(key(meta), Buffer.alloc(5000));
    log.length = 0;
    if (async) await tx.commitAsync();
    else tx.commit();
    const distinct = log.filter((line, i) => line !== log[i - 1]);
    expect(distinct).toEqual(["pages", "sync", `meta ${meta}`, "sync"]);
  }
});

test("noSync syncs nothing but on demand", () => {
  const log: string[] = [];
  const db = openDatabase(watched(new FaultDisk(), log), "/db", { noSync: true });
  put(db, 1);
  expect(log).not.toContain("sync");
  db.sync();
  expect(log.at(-1)).toBe("sync");
});

test("strict raises CHECK_FAILED when what was written does not check", () => {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db");
  for (let i = 0; i < 10; i++) put(db, i);
  const freelist = db.view((tx) => tx.meta.freelistPageId!);
  db.close();
  const file = disk.open("/db", "write");
  // The stored freelist is cut down to one page: the others leak.
  file.write(Uint8Array.of(1, 0), freelist * 4096 + 10);
  file.close();
  const strict = openDatabase(disk, "/db", { strict: true });
  expect(codeOf(() => put(strict, 1))).toBe("CHECK_FAILED");
});
