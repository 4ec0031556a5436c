import { type BucketStats, openDatabase } from "@nodetcd/bolt";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openBackend } from "../src/backend.ts";

let directory = "";
beforeEach(() => (directory = nodeDisk.makeTemporaryDirectory("backend-fill-")));
afterEach(() => nodeDisk.removeTree(directory));

/** As etcd's: main and sub revision. */
function revisionKey(main: number): Buffer {
  const key = Buffer.alloc(17, "_");
  key.writeBigUInt64BE(BigInt(main));
  key.writeBigUInt64BE(0n, 9);
  return key;
}

function statsOfKeys(): BucketStats {
  const database = openDatabase(nodeDisk, `${directory}/db`);
  const transaction = database.begin(false);
  try {
    expect([...transaction.check()]).toEqual([]);
    return transaction.bucket(Buffer.from("key"))!.stats();
  } finally {
    transaction.rollback();
    database.close();
  }
}

describe("The bucket of keys, which only grows at its end,", () => {
  test.each([
    [300, 0.93],
    [60, 0.95],
    [1_200, 0.85],
  ])("has full pages with records of %i bytes", async (recordBytes, least) => {
    const backend = openBackend({ clock: nodeClock, disk: nodeDisk }, `${directory}/db`);
    const KEYS = 20_000;
    for (let main = 1; main <= KEYS; main++) {
      backend.put("key", revisionKey(main), Buffer.alloc(recordBytes, main));
      // Commits of some, and of many.
      if (main % 997 === 0 || main % 5_000 < 20) await backend.commit();
    }
    await backend.commit();
    await backend.close();
    const stats = statsOfKeys();
    expect(stats.keys).toBe(KEYS);
    expect(stats.leafUsed / stats.leafAllocated).toBeGreaterThan(least);

    const again = openBackend({ clock: nodeClock, disk: nodeDisk }, `${directory}/db`);
    await again.defragment();
    await again.close();
    const defragmented = statsOfKeys();
    expect(defragmented.leafUsed / defragmented.leafAllocated).toBeGreaterThan(least);
  });
});
