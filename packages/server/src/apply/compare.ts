import { compareBytes } from "@nodetcd/bytes";
import { type Compare, CompareResult, CompareTarget, NO_BYTES } from "@nodetcd/messages";
import type { StoredKeyValue } from "@nodetcd/mvcc";
import { type RangeView, rangeEnd } from "../read/range-view.ts";

/** True when all comparisons of a transaction hold. */
export function allHold(view: RangeView, compares: readonly Compare[]): boolean {
  return compares.every((compare) => holds(view, compare));
}

/**
 * A comparison holds when it does for every key of its range. Without a key all targets but the
 * value read as 0; a value that is not there compares with nothing.
 */
function holds(view: RangeView, compare: Compare): boolean {
  const { keyValues } = view.range(compare.key, rangeEnd(compare.rangeEnd), {});
  if (keyValues.length === 0) {
    return compare.target !== CompareTarget.VALUE && holdsFor(compare, undefined);
  }
  return keyValues.every((keyValue) => holdsFor(compare, keyValue));
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
