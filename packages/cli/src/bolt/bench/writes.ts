import type { Bucket, Database, Transaction } from "@nodetcd/bolt";
import type { Call } from "../command.ts";
import { BENCH_BUCKET, type BenchKey } from "./bench-key.ts";
import type { BenchOptions } from "./options.ts";
import type { Counter } from "./result.ts";

/**
 * Puts `count` keys, `batchSize` a transaction: numbers that rise, or random ones. In the nested modes
 * each transaction makes a bucket of its own. The keys written, when reads will need them.
 */
export function runWrites(
  call: Call,
  db: Database,
  options: BenchOptions,
  counter: Counter,
): BenchKey[] {
  const keys: BenchKey[] = [];
  const next = numbers(call, options);
  const key = new Uint8Array(options.keySize);
  const view = new DataView(key.buffer);
  // One value for all: the database reads it at the commit, and it never changes.
  const value = new Uint8Array(options.valueSize);
  const remembers = options.readMode === "rnd";
  for (let done = 0; done < options.count; done += options.batchSize) {
    db.update((tx) => {
      const { bucket, name } = batchBucket(tx, options, next);
      bucket.fillPercent = options.fillPercent;
      call.err.write(`Starting write iteration ${done}\n`);
      for (let i = 0; i < options.batchSize; i++) {
        view.setUint32(0, next());
        bucket.put(key, value);
        if (remembers) keys.push({ bucket: name, key: key.slice() });
        counter.add(1);
      }
      call.err.write(`Finished write iteration ${done}\n`);
    });
  }
  return keys;
}

/** Where the keys of one transaction go. */
function batchBucket(
  tx: Transaction,
  { writeMode, fillPercent, keySize }: BenchOptions,
  next: () => number,
): { bucket: Bucket; name: Uint8Array | undefined } {
  const top = tx.createBucketIfMissing(BENCH_BUCKET);
  if (writeMode === "seq" || writeMode === "rnd") return { bucket: top, name: undefined };
  top.fillPercent = fillPercent;
  const name = new Uint8Array(keySize);
  new DataView(name.buffer).setUint32(0, next());
  return { bucket: top.createBucketIfMissing(name), name };
}

function numbers({ random }: Call, { writeMode }: BenchOptions): () => number {
  if (writeMode.startsWith("rnd")) return () => random.below(2 ** 32);
  let last = 0;
  return () => ++last;
}
