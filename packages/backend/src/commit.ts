import type { Database, Transaction } from "@nodetcd/bolt";
import { type Clock, Slice } from "@nodetcd/runtime";
import type { Batch } from "./batch.ts";
import { BUCKET_BYTES, type BucketName, fillPercentOf } from "./buckets.ts";
import { SLICE_MS, STEPS_PER_LOOK } from "./limits.ts";

/** Tells whether a change is to be written; see `writeBatch`. */
export type Wanted = (bucket: BucketName, key: Uint8Array) => boolean;

/**
 * Writes a batch to the file in one transaction, in slices, and resolves when it is on disk. The
 * batch is borrowed and must not change meanwhile. On failure nothing of it is in the file.
 *
 * @param wanted leaves out the changes for which it answers false
 */
export async function writeBatch(
  database: Database,
  batch: Batch,
  clock: Clock,
  wanted?: Wanted,
): Promise<void> {
  const transaction = database.begin(true);
  try {
    await applyChanges(transaction, batch, clock, wanted);
    await transaction.commitAsync({ sliceMs: SLICE_MS });
  } catch (error) {
    rollBackQuietly(transaction);
    throw error;
  }
}

async function applyChanges(
  transaction: Transaction,
  batch: Batch,
  clock: Clock,
  wanted: Wanted | undefined,
): Promise<void> {
  const slice = new Slice(clock, SLICE_MS, STEPS_PER_LOOK);
  for (const [name, { keys, values }] of batch.buckets) {
    const bucket = transaction.createBucketIfMissing(BUCKET_BYTES.get(name)!);
    bucket.fillPercent = fillPercentOf(name) ?? bucket.fillPercent;
    for (const [i, key] of keys.entries()) {
      const value = values[i];
      if (wanted?.(name, key) !== false) {
        if (value === undefined) bucket.delete(key);
        else bucket.put(key, value);
      }
      if (slice.isOver()) await slice.next();
    }
  }
}

/** After a failure: what the failure was matters more than what undoing it says. */
export function rollBackQuietly(transaction: Transaction): void {
  try {
    transaction.rollback();
  } catch {
    // The commit itself has ended the transaction.
  }
}
