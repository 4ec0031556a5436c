/** This package as a contestant of `compare.ts`. With `async` as second argument, `commitAsync`. */
import { type Bucket, openDatabase, type Transaction } from "@nodetcd/bolt";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { BATCH, compete, KEY_SIZE, nextRandom, revisionKey, valueOf } from "./compare-protocol.ts";

const NAME = Buffer.from("key");
/** Everything fits: the memory is warm. */
const CACHE_BYTES = 1024 * 1024 * 1024;

const db = openDatabase(nodeDisk, process.argv[2]!, {
  freelistType: "hashmap",
  cacheBytes: CACHE_BYTES,
  clock: nodeClock,
});
const isAsync = process.argv[3] === "async";

function putBatch(tx: Transaction, first: number, value: Buffer): void {
  const bucket = tx.createBucketIfMissing(NAME);
  bucket.fillPercent = 0.9;
  const key = Buffer.alloc(KEY_SIZE);
  for (let i = first; i < first + BATCH; i++) bucket.put(revisionKey(i, key), value);
}

function inBucket(work: (bucket: Bucket) => number): number {
  return db.view((tx) => work(tx.bucket(NAME)!));
}

await compete({
  async write(first, count, size) {
    const value = valueOf(size);
    for (let from = first; from < first + count; from += BATCH) {
      if (isAsync) {
        const tx = db.begin(true);
        putBatch(tx, from, value);
        await tx.commitAsync();
      } else db.update((tx) => putBatch(tx, from, value));
    }
    return count;
  },
  get: (count, total) =>
    inBucket((bucket) => {
      const key = Buffer.alloc(KEY_SIZE);
      let sum = 0;
      let x = 1;
      for (let i = 0; i < count; i++) {
        x = nextRandom(x);
        const value = bucket.get(revisionKey((x >>> 8) % total, key))!;
        sum += value.length + value[1]!;
      }
      return sum;
    }),
  scanSizes: () =>
    inBucket((bucket) => {
      const cursor = bucket.cursor();
      let sum = 0;
      for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
        sum += entry.keySize + entry.valueSize;
      }
      return sum;
    }),
  scanBytes: () =>
    inBucket((bucket) => {
      const cursor = bucket.cursor();
      let sum = 0;
      for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
        sum += entry.keySize + entry.valueSize;
        sum += entry.keyBytes[entry.keyStart + 7]! + entry.valueBytes[entry.valueStart + 1]!;
      }
      return sum;
    }),
  scanViews: () =>
    inBucket((bucket) => {
      const cursor = bucket.cursor();
      let sum = 0;
      for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
        const { key } = entry;
        const value = entry.value!;
        sum += key.length + value.length + key[7]! + value[1]!;
      }
      return sum;
    }),
  close: () => db.close(),
});
