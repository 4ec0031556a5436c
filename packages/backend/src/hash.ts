import type { Transaction } from "@nodetcd/bolt";
import { crc32c } from "@nodetcd/bytes";
import { type Clock, recordSteps, Slice } from "@nodetcd/runtime";
import { SLICE_MS, STEPS_PER_LOOK } from "./limits.ts";
import type { BucketName } from "./buckets.ts";

/** Answers true for records that are left out of a hash. */
export type IgnoreRecord = (bucket: BucketName, key: Uint8Array) => boolean;

/**
 * What etcd's Hash RPC answers: CRC-32C over each bucket's name followed by its keys and values, all
 * in order. Works in slices; the transaction stays the caller's.
 */
export async function hashBuckets(
  transaction: Transaction,
  ignore: IgnoreRecord,
  clock: Clock,
): Promise<number> {
  const slice = new Slice(clock, SLICE_MS, STEPS_PER_LOOK);
  const buckets = transaction.cursor();
  let hash = 0;
  for (let at = buckets.first(); at !== undefined; at = buckets.next()) {
    const bucket = transaction.bucket(at.key);
    if (bucket === undefined) continue;
    const name = Buffer.from(at.key).toString() as BucketName;
    hash = crc32c(hash, at.key);
    const cursor = bucket.cursor();
    for (let pair = cursor.first(); pair !== undefined; pair = cursor.next()) {
      if (!ignore(name, pair.key)) {
        hash = crc32c(hash, pair.key);
        if (pair.value !== undefined) hash = crc32c(hash, pair.value);
      }
      if (slice.isOver(recordSteps(pair.value?.length ?? 0))) await slice.next();
    }
  }
  return hash;
}
