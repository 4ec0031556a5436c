import { type Database, openDatabase } from "@nodetcd/bolt";
import { nodeClock } from "@nodetcd/runtime/node";
import { FaultDisk } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { b, codeOf, text } from "./helpers.ts";

const open = (disk = new FaultDisk()) =>
  openDatabase(disk, "/db", { clock: nodeClock, strict: true });

function fill(db: Database, count: number, value: Uint8Array): void {
  db.update((tx) => {
    const bucket = tx.createBucketIfMissing(b("x"));
    for (let i = 0; i < count; i++) bucket.put(b(String(i).padStart(6, "0")), value);
  });
}

test("update() rolls back when the work raises, and refuses a commit inside", () => {
  const db = open();
  expect(() =>
    db.update((tx) => {
      tx.createBucket(b("x"));
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(db.view((tx) => tx.bucket(b("x")))).toBe(undefined);
  expect(codeOf(() => db.update((tx) => tx.commit()))).toBe("TX_MANAGED");
  expect(codeOf(() => db.view((tx) => tx.rollback()))).toBe("TX_MANAGED");
  expect(db.stats().openReadTransactions).toBe(0);
  fill(db, 1, b("v"));
});

test("one writer at a time; ids count up by commits only", () => {
  const db = open();
  const tx = db.begin(true);
  expect(tx.id).toBe(2);
  expect(codeOf(() => db.begin(true))).toBe("WRITER_BUSY");
  tx.rollback();
  fill(db, 1, b("v"));
  expect(db.begin(false).id).toBe(2);
  expect(db.begin(true).id).toBe(3);
});

test("onCommit() hooks run after a commit, in order, and not after a rollback", async () => {
  const db = open();
  const calls: string[] = [];
  const rolled = db.begin(true);
  rolled.onCommit(() => calls.push("rolled back"));
  rolled.rollback();
  const tx = db.begin(true);
  tx.onCommit(() => calls.push(`one, free to write: ${db.begin(true).id}`));
  tx.onCommit(() => calls.push("two"));
  await tx.commitAsync();
  expect(calls).toEqual(["one, free to write: 3", "two"]);
});

describe("commitAsync()", () => {
  test("readers see the last committed state until it has settled", async () => {
    const db = open();
    fill(db, 2000, b("old"));
    const tx = db.begin(true);
    const bucket = tx.bucket(b("x"))!;
    for (let i = 0; i < 2000; i += 3) bucket.put(b(String(i).padStart(6, "0")), b("new"));
    const pending = tx.commitAsync({ sliceMs: 0 });
    expect(codeOf(() => db.begin(true))).toBe("WRITER_BUSY");
    expect(codeOf(() => bucket.put(b("k"), b("v")))).toBe("TX_CLOSED");
    expect(codeOf(() => db.close())).toBe("WRITER_BUSY");
    let settled = false;
    void pending.then(() => (settled = true));
    const early = db.begin(false);
    let looks = 0;
    while (!settled) {
      db.view((view) => {
        view.bucket(b("x"))!.forEach((_, value) => {
          if (text(value) !== "old") throw new Error("saw an uncommitted value");
        });
      });
      looks++;
      await nodeClock.yield();
    }
    expect(looks).toBeGreaterThan(3);
    await pending;
    expect(db.view((view) => text(view.bucket(b("x"))!.get(b("000003"))))).toBe("new");
    expect(text(early.bucket(b("x"))!.get(b("000003")))).toBe("old");
    early.rollback();
  });

  test("keeps its slices short", async () => {
    const db = openDatabase(new FaultDisk(), "/db", { clock: nodeClock, noSync: true });
    const tx = db.begin(true);
    const bucket = tx.createBucket(b("x"));
    for (let i = 0; i < 100_000; i++) bucket.put(b(`key ${(i * 7919) % 100_000}`), b("value"));
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) nodeClock.defer(count);
    };
    nodeClock.defer(count);
    await tx.commitAsync({ sliceMs: 2 });
    done = true;
    expect(turns).toBeGreaterThan(5);
  });
});

test("readers never see pages overwritten, whatever is committed meanwhile", () => {
  for (const reclaimPolicy of ["between-readers", "oldest-reader"] as const) {
    // The smallest cache: every look goes to the file.
    const db = openDatabase(new FaultDisk(), "/db", { reclaimPolicy, cacheBytes: 1 });
    const readers: { tx: ReturnType<Database["begin"]>; value: string }[] = [];
    for (let round = 0; round < 60; round++) {
      const value = `value of round ${round}`;
      fill(db, 150, b(value));
      readers.push({ tx: db.begin(false), value });
      if (round % 3 === 2) readers.splice((round * 7) % readers.length, 1)[0]!.tx.rollback();
      for (const reader of readers) {
        reader.tx.bucket(b("x"))!.forEach((_, found) => {
          if (text(found) !== reader.value) throw new Error(`${reader.value}: ${text(found)}`);
        });
      }
    }
    for (const { tx } of readers) {
      expect([...tx.check()]).toEqual([]);
      tx.rollback();
    }
    expect(db.view((tx) => [...tx.check()])).toEqual([]);
  }
});

describe("one reader held open over 64 single-key writes of 1 KiB", () => {
  const grow = (reclaimPolicy: "between-readers" | "oldest-reader"): number[] => {
    const db = openDatabase(new FaultDisk(), "/db", { reclaimPolicy });
    fill(db, 1, Buffer.alloc(1024));
    fill(db, 1, Buffer.alloc(1024));
    const reader = db.begin(false);
    const highWater: number[] = [];
    for (let i = 0; i < 64; i++) {
      fill(db, 1, Buffer.alloc(1024, i));
      highWater.push(db.view((tx) => tx.meta.highWater));
    }
    reader.rollback();
    return highWater;
  };
  const steps = (marks: number[]): number[] => marks.slice(1).map((mark, i) => mark - marks[i]!);

  test("oldest-reader: the file grows with every commit", () => {
    expect(new Set(steps(grow("oldest-reader")).slice(4))).toEqual(new Set([3]));
  });
  test("between-readers: the file stays flat", () => {
    expect(new Set(steps(grow("between-readers")).slice(4))).toEqual(new Set([0]));
  });
});

describe("batch()", () => {
  test("gathers calls into one transaction", async () => {
    const db = open();
    const before = db.begin(false).id;
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        db.batch((tx) => tx.createBucketIfMissing(b("x")).put(b(`${i}`), b("v"))),
      ),
    );
    const after = db.begin(false);
    expect(after.id).toBe(before + 1);
    expect(after.bucket(b("x"))!.stats().keys).toBe(50);
  });
  test("a call that raises spoils none of the others", async () => {
    const db = open();
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map((n) =>
        db.batch((tx) => {
          tx.createBucketIfMissing(b("x")).put(b(`${n}`), b("v"));
          if (n === 2) throw new Error("two");
        }),
      ),
    );
    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(db.view((tx) => tx.bucket(b("x"))!.get(b("2")))).toBe(undefined);
    expect(db.view((tx) => tx.bucket(b("x"))!.stats().keys)).toBe(2);
  });
});

test("the page cache keeps to its budget", () => {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", { cacheBytes: 100_000 });
  fill(db, 5000, Buffer.alloc(200));
  db.view((tx) => tx.bucket(b("x"))!.forEach(() => {}));
  expect(db.stats().cacheBytes).toBeGreaterThan(40_000);
  expect(db.stats().cacheBytes).toBeLessThanOrEqual(50_000);
});

test("stats() count what happened", () => {
  const db = open();
  fill(db, 1000, b("value"));
  fill(db, 500, b("other"));
  const stats = db.stats();
  expect(stats.transactions.spills).toBeGreaterThan(3);
  expect(stats.transactions.splits).toBeGreaterThan(3);
  expect(stats.transactions.commitMs).toBeGreaterThan(0);
  expect(stats.freePages + stats.pendingPages).toBeGreaterThan(2);
  expect(stats.freeBytes).toBe((stats.freePages + stats.pendingPages) * 4096);
  expect(db.view((tx) => tx.bucket(b("x"))!.stats())).toMatchObject({ keys: 1000, depth: 2 });
  expect(db.view((tx) => tx.root.inspect())).toEqual({
    name: "root",
    keys: 0,
    buckets: [{ name: "x", keys: 1000, buckets: [] }],
  });
});
