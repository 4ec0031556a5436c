import type { Bucket, Database } from "@nodetcd/bolt";
import { BoltCommandError } from "../command-error.ts";
import { BENCH_BUCKET, type BenchKey } from "./bench-key.ts";
import type { BenchOptions } from "./options.ts";
import type { Counter } from "./result.ts";

/** Reads go on for at least so long. */
const MIN_READ_MS = 1000;

/** Reads everything that was written, over and over, in key order or in that of `keys`. */
export function runReads(
  db: Database,
  options: BenchOptions,
  keys: readonly BenchKey[],
  counter: Counter,
): void {
  db.view((tx) => {
    const top = tx.bucket(BENCH_BUCKET);
    if (top === undefined) throw invalid("the bucket is missing");
    do {
      const before = counter.ops;
      if (options.readMode === "rnd") lookUp(top, keys, counter);
      else scan(top, options, counter);
      const found = counter.ops - before;
      if (options.writeMode.startsWith("seq") && found !== options.count) {
        throw invalid(`iter mismatch: expected ${options.count}, got ${found}`);
      }
    } while (counter.elapsedMs() < MIN_READ_MS);
  });
}

function scan(top: Bucket, { writeMode }: BenchOptions, counter: Counter): void {
  if (!writeMode.endsWith("-nest")) return scanBucket(top, counter);
  top.forEachBucket((_, bucket) => scanBucket(bucket, counter));
}

function scanBucket(bucket: Bucket, counter: Counter): void {
  const cursor = bucket.cursor();
  for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
    if (entry.value === undefined) throw invalid("a value is missing");
    counter.add(1);
  }
}

function lookUp(top: Bucket, keys: readonly BenchKey[], counter: Counter): void {
  for (const { bucket, key } of keys) {
    const within = bucket === undefined ? top : top.bucket(bucket);
    if (within?.get(key) === undefined) throw invalid("a value is missing");
    counter.add(1);
  }
}

function invalid(what: string): BoltCommandError {
  return new BoltCommandError(`bench: read: ${what}`, {
    advice: "What was written was not read: this is a defect of the program, please report it.",
  });
}
