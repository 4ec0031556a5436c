/**
 * `lmdb` from npm as a contestant of `compare.ts`, for orientation. It is no dependency:
 * `BOLT_BENCH_LMDB` names a folder in which it is installed.
 */
import { createRequire } from "node:module";
import { BATCH, compete, KEY_SIZE, nextRandom, revisionKey, valueOf } from "./compare-protocol.ts";

/** The part of it that is used here. */
interface Lmdb {
  transactionSync(work: () => void): void;
  putSync(key: Buffer, value: Buffer): void;
  getBinary(key: Buffer): Buffer;
  getRange(): Iterable<{ key: Buffer; value: Buffer }>;
  close(): Promise<void>;
}
interface LmdbModule {
  open(options: Record<string, unknown>): Lmdb;
}

const load = createRequire(`${process.env["BOLT_BENCH_LMDB"]}/package.json`);
const { open } = load("lmdb") as LmdbModule;
const db = open({ path: process.argv[2]!, keyEncoding: "binary", encoding: "binary" });

function scan(visit: (key: Buffer, value: Buffer) => number): number {
  let sum = 0;
  for (const { key, value } of db.getRange()) sum += visit(key, value);
  return sum;
}

await compete({
  write(first, count, size) {
    const value = valueOf(size);
    const key = Buffer.alloc(KEY_SIZE);
    for (let from = first; from < first + count; from += BATCH) {
      db.transactionSync(() => {
        for (let i = from; i < from + BATCH; i++) db.putSync(revisionKey(i, key), value);
      });
    }
    return count;
  },
  get(count, total) {
    const key = Buffer.alloc(KEY_SIZE);
    let sum = 0;
    let x = 1;
    for (let i = 0; i < count; i++) {
      x = nextRandom(x);
      const value = db.getBinary(revisionKey((x >>> 8) % total, key));
      sum += value.length + value[1]!;
    }
    return sum;
  },
  scanSizes: () => scan((key, value) => key.length + value.length),
  scanBytes: () => scan((key, value) => key.length + value.length + key[7]! + value[1]!),
  close: () => db.close(),
});
