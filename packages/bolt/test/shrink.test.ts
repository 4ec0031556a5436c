import { type Database, openDatabase } from "@nodetcd/bolt";
import { FaultDisk } from "@nodetcd/simulator";
import { expect, test } from "vitest";

const NAME = Buffer.from("b");
const PAGE = 4096;

/** Puts values of one page each, or deletes them, and commits. */
async function change(db: Database, from: number, to: number, isPut: boolean): Promise<void> {
  const tx = db.begin(true);
  const bucket = tx.createBucketIfMissing(NAME);
  for (let n = from; n < to; n++) {
    const key = Buffer.from(`key ${String(n).padStart(6, "0")}`);
    if (isPut) bucket.put(key, Buffer.alloc(3_000, n));
    else bucket.delete(key);
  }
  await tx.commitAsync();
}

const used = (db: Database): number => db.view((tx) => tx.size());

test("shrink: free pages at the end leave the file while it is used, and bbolt's checks find nothing", async () => {
  const disk = new FaultDisk();
  const options = { shrink: true, noGrowSync: true, noFreelistSync: true };
  const db = openDatabase(disk, "/db", options);
  await change(db, 0, 2_000, true);
  const grown = db.fileSize();
  // The pages are free one commit later, and cut off in steps after it.
  await change(db, 10, 2_000, false);
  for (let n = 0; n < 12; n++) await change(db, n % 10, (n % 10) + 1, true);
  expect(grown).toBeGreaterThan(2_000 * PAGE);
  expect([used(db), db.fileSize()].map((bytes) => bytes < 60 * PAGE)).toEqual([true, true]);
  expect(db.view((tx) => [...tx.check()])).toEqual([]);
  db.close();
  const again = openDatabase(disk.restart(), "/db", options);
  expect(again.view((tx) => [...tx.check()])).toEqual([]);
  await change(again, 0, 100, true);
  expect(again.view((tx) => [...tx.check()])).toEqual([]);
  again.close();
});

test("shrink: a copy of an older state is whole although the file was cut meanwhile", async () => {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", { shrink: true, noGrowSync: true, noFreelistSync: true });
  await change(db, 0, 500, true);
  // Room at the front, for what is written from here on.
  await change(db, 0, 50, false);
  await change(db, 50, 51, true);
  await change(db, 200, 500, false);
  // While it is open nothing that the deletion gave up is free, so the next state has its old size.
  const before = db.begin(false);
  await change(db, 100, 101, true);
  const reader = db.begin(false);
  before.rollback();
  const size = reader.size();
  const copy = reader.copy();
  const chunks = [(await copy.next()).value as Uint8Array];
  for (let n = 100; n < 106; n++) await change(db, n, n + 1, true);
  expect(db.fileSize()).toBeLessThan(size / 2);
  for await (const chunk of copy) chunks.push(chunk);
  reader.rollback();
  const bytes = Buffer.concat(chunks);
  expect(bytes.length).toBe(size);
  const file = disk.open("/copy", "create");
  file.write(bytes, 0);
  file.close();
  const copied = openDatabase(disk, "/copy", { readOnly: true });
  expect(copied.view((tx) => [...tx.check()])).toEqual([]);
  expect(copied.view((tx) => tx.bucket(NAME)!.stats().keys)).toBe(150);
});
