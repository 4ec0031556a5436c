import { defragment, openDatabase } from "@nodetcd/bolt";
import { FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { changeRandomly, cloneModel, difference, type ModelBucket, newModel } from "./history.ts";
import { b } from "./helpers.ts";

function sample(disk: FaultDisk, noFreelistSync = false) {
  const random = new SeededRandom(5);
  const db = openDatabase(disk, "/db", { noFreelistSync });
  const model: ModelBucket = newModel();
  for (let i = 0; i < 30; i++) db.update((tx) => changeRandomly(random, tx, model, db.pageSize));
  return { db, model, random };
}

test.each([true, false])(
  "copyTo() and copy() give what the transaction sees (%s)",
  async (noSync) => {
    const disk = new FaultDisk();
    const { db, model, random } = sample(disk, noSync);
    const reader = db.begin(false);
    const seen = cloneModel(model);
    const size = reader.size();
    const chunks = reader.copy();
    const stream = disk.open("/stream", "create");
    let position = 0;
    for await (const chunk of chunks) {
      expect(chunk.length).toBeLessThanOrEqual(32 * 1024);
      stream.write(chunk, position);
      position += chunk.length;
      // Writers go on meanwhile.
      if (position % 3 === 0) db.update((tx) => changeRandomly(random, tx, model, db.pageSize));
    }
    expect(position).toBe(size);
    db.update((tx) => changeRandomly(random, tx, model, db.pageSize));
    reader.copyTo(disk.open("/copy", "create"));
    for (const path of ["/stream", "/copy"]) {
      const copy = openDatabase(disk, path, { noFreelistSync: noSync });
      expect(copy.view((tx) => difference(tx, seen))).toBe(undefined);
      expect(copy.view((tx) => [...tx.check()])).toEqual([]);
      copy.update((tx) => void tx.createBucketIfMissing(b("after")));
      expect(copy.view((tx) => [...tx.check()])).toEqual([]);
      copy.close();
    }
  },
);

test("a copy stops when its transaction ends", async () => {
  const { db } = sample(new FaultDisk());
  const reader = db.begin(false);
  const chunks = reader.copy();
  await chunks.next();
  reader.rollback();
  const rest = async (): Promise<void> => {
    for await (const _ of chunks);
  };
  await expect(rest()).rejects.toMatchObject({ code: "TX_CLOSED" });
});

test.each([0, 1000, 65_536])("defragment() copies all, %i bytes a transaction", (max) => {
  const disk = new FaultDisk();
  const { db, model } = sample(disk);
  const target = openDatabase(disk, "/target", { strict: true });
  const reader = db.begin(false);
  let last = { entries: 0, bytes: 0 };
  let steps = 0;
  for (const progress of defragment(reader, target, { maxBytesPerTransaction: max })) {
    expect(progress.bytes).toBeGreaterThanOrEqual(last.bytes);
    last = progress;
    steps++;
  }
  if (max === 1000) expect(steps).toBeGreaterThan(10);
  expect(target.view((tx) => difference(tx, model))).toBe(undefined);
  expect(last.entries).toBeGreaterThan(100);
  const size = target.view((tx) => tx.size());
  if (max === 0) expect(size).toBeLessThan(reader.size());
});
