import { compareBytes } from "@nodetcd/bytes";
import { type Compare, CompareResult, CompareTarget, NO_BYTES } from "@nodetcd/messages";
import type { StoredKeyValue } from "@nodetcd/mvcc";
import type { TimeSlice } from "../read/fair-queue.ts";
import type { TxnReads } from "../read/txn-reads.ts";

/** True when all comparisons of a transaction hold. Yields where the slice is over. */
export function* allHold(
  reads: TxnReads,
  compares: readonly Compare[],
  slice: TimeSlice,
): Generator<void, boolean> {
  for (const compare of compares) if (!(yield* holds(reads, compare, slice))) return false;
  return true;
}

/**
 * A comparison holds when it does for every key of its range. Without a key all targets but the
 * value read as 0; a value that is not there compares with nothing.
 */
function* holds(reads: TxnReads, compare: Compare, slice: TimeSlice): Generator<void, boolean> {
  const keyValues = reads.compared(compare);
  if (keyValues === undefined) return yield* holdsForAll(reads, compare, slice);
  if (keyValues.length === 0) return holdsForNone(compare);
  return keyValues.every((keyValue) => holdsFor(compare, keyValue));
}

function* holdsForAll(
  reads: TxnReads,
  compare: Compare,
  slice: TimeSlice,
): Generator<void, boolean> {
  const reader = reads.open(compare);
  try {
    for (;;) {
      reader.beginSlice(slice.until);
      for (let pair = reader.next(); pair !== undefined; pair = reader.next()) {
        if (!holdsFor(compare, pair)) return false;
      }
      if (reader.done) break;
      reads.beforePause();
      yield;
    }
    return reader.count > 0 || holdsForNone(compare);
  } finally {
    reader.close();
  }
}

function holdsForNone(compare: Compare): boolean {
  return compare.target !== CompareTarget.VALUE && holdsFor(compare, undefined);
}

function holdsFor(compare: Compare, keyValue: StoredKeyValue | undefined): boolean {
  const order = difference(compare, keyValue);
  switch (compare.result) {
    case CompareResult.EQUAL:
      return order === 0;
    case CompareResult.NOT_EQUAL:
      return order !== 0;
    case CompareResult.GREATER:
      return order > 0;
    case CompareResult.LESS:
      return order < 0;
    default:
      return true;
  }
}

/** Sign of what is stored against what is asked for; a target that is not known compares equal. */
function difference(compare: Compare, keyValue: StoredKeyValue | undefined): number {
  switch (compare.target) {
    case CompareTarget.VALUE:
      return compareBytes(keyValue?.value ?? NO_BYTES, compare.value ?? NO_BYTES);
    case CompareTarget.CREATE:
      return (keyValue?.createRevision ?? 0) - (compare.createRevision ?? 0);
    case CompareTarget.MOD:
      return (keyValue?.modRevision ?? 0) - (compare.modRevision ?? 0);
    case CompareTarget.VERSION:
      return (keyValue?.version ?? 0) - (compare.version ?? 0);
    case CompareTarget.LEASE: {
      const stored = keyValue?.lease ?? 0n;
      const wanted = compare.lease ?? 0n;
      return stored < wanted ? -1 : stored > wanted ? 1 : 0;
    }
    default:
      return 0;
  }
}
