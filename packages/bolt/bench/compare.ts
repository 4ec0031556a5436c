/**
 * Batched sequential writes, random gets and a full scan of one million entries: 17-byte keys as
 * etcd's `key` bucket has them, 100-byte values.
 *
 *     tsx --conditions=@nodetcd/source packages/bolt/bench/compare.ts [path] [entries]
 */
import { type Bucket, openDatabase } from "@nodetcd/bolt";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { SeededRandom } from "@nodetcd/simulator";

const directory = nodeDisk.makeTemporaryDirectory("bolt-compare-");
const path = process.argv[2] ?? `${directory}/db`;
const total = Number(process.argv[3] ?? 1_000_000);
const SYNCED = Math.min(400_000, total);
const BATCH = 1000;
const NAME = Buffer.from("key");
if (nodeDisk.exists(path)) nodeDisk.remove(path);

function revisionKey(revision: number, key: Buffer = Buffer.alloc(17)): Buffer {
  key.writeUInt32BE(Math.floor(revision / 2 ** 32), 0);
  key.writeUInt32BE(revision >>> 0, 4);
  key[8] = 0x5f;
  return key;
}

function report(what: string, count: number, started: number): void {
  const perSecond = count / ((performance.now() - started) / 1000);
  console.log(`${what}: ${Math.round(perSecond)}/s`);
}

const VALUE = Buffer.alloc(100);
function write(from: number, to: number, noSync: boolean): void {
  const db = openDatabase(nodeDisk, path, { freelistType: "hashmap", noSync });
  const started = performance.now();
  for (let first = from; first < to; first += BATCH) {
    db.update((tx) => {
      const bucket = tx.createBucketIfMissing(NAME);
      bucket.fillPercent = 0.9;
      for (let i = first; i < first + BATCH; i++) bucket.put(revisionKey(i), VALUE);
    });
  }
  report(noSync ? "write, not synced" : "write, synced", to - from, started);
  db.close();
}

async function writeAsync(from: number, to: number): Promise<void> {
  const db = openDatabase(nodeDisk, path, { freelistType: "hashmap", clock: nodeClock });
  const started = performance.now();
  for (let first = from; first < to; first += BATCH) {
    const tx = db.begin(true);
    const bucket = tx.createBucketIfMissing(NAME);
    bucket.fillPercent = 0.9;
    for (let i = first; i < first + BATCH; i++) bucket.put(revisionKey(i), VALUE);
    await tx.commitAsync();
  }
  report("write, synced, asynchronous commit", to - from, started);
  db.close();
}

function get(bucket: Bucket): void {
  const random = new SeededRandom(1);
  const key = Buffer.alloc(17);
  const started = performance.now();
  let bytes = 0;
  for (let i = 0; i < total; i++) {
    bytes += bucket.get(revisionKey(random.below(total), key))!.length;
  }
  if (bytes !== total * VALUE.length) throw new Error(`read ${bytes} bytes`);
  report("get, random", total, started);
}

/** As a Go program scans: every entry is visited, and its value's length used. */
function scanSizes(bucket: Bucket): void {
  const started = performance.now();
  const cursor = bucket.cursor();
  let bytes = 0;
  for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
    bytes += entry.valueSize;
  }
  if (bytes !== total * VALUE.length) throw new Error(`scanned ${bytes} bytes`);
  report("scan, sizes", total, started);
}

/** With a view made of each key and each value, which Go has for nothing. */
function scanViews(bucket: Bucket): void {
  const started = performance.now();
  const cursor = bucket.cursor();
  let bytes = 0;
  for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
    bytes += entry.value!.length + entry.key.length;
  }
  if (bytes !== total * (VALUE.length + 17)) throw new Error(`scanned ${bytes} bytes`);
  report("scan, views of keys and values", total, started);
}

// A server is warm; the first writes of a process mostly wait for the compiler.
write(0, Math.min(100_000, total), true);
nodeDisk.remove(path);
write(0, SYNCED / 2, false);
await writeAsync(SYNCED / 2, SYNCED);
if (total > SYNCED) write(SYNCED, total, true);
const db = openDatabase(nodeDisk, path, { readOnly: true, cacheBytes: 512 * 1024 * 1024 });
db.view((tx) => {
  const bucket = tx.bucket(NAME)!;
  console.log("pages read in the order of the file:");
  for (let again = 0; again < 5; again++) scanSizes(bucket);
  for (let again = 0; again < 3; again++) scanViews(bucket);
  for (let again = 0; again < 4; again++) get(bucket);
});
db.close();
const shuffled = openDatabase(nodeDisk, path, { readOnly: true, cacheBytes: 512 * 1024 * 1024 });
shuffled.view((tx) => {
  const bucket = tx.bucket(NAME)!;
  console.log("pages read in random order, so scattered in memory:");
  for (let again = 0; again < 4; again++) get(bucket);
  for (let again = 0; again < 5; again++) scanSizes(bucket);
});
console.log(`cache ${shuffled.stats().cacheBytes}, file ${shuffled.fileSize()}`);
shuffled.close();
nodeDisk.removeTree(directory);
