import { compareBytes } from "@nodetcd/bytes";

/** Keys from `begin` up to, not including, `end`; without `end` all from `begin` on. */
export interface Interval {
  readonly begin: Uint8Array;
  readonly end: Uint8Array | undefined;
}

const isOpenEnd = (end: Uint8Array): boolean => end.length === 1 && end[0] === 0;

/** The smallest key above this one. */
function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** As stored in a permission or sent in a request: an empty end is the key alone, `\0` no end. */
export function intervalOf(key: Uint8Array, rangeEnd: Uint8Array): Interval {
  if (rangeEnd.length === 0) return { begin: key, end: after(key) };
  return { begin: key, end: isOpenEnd(rangeEnd) ? undefined : rangeEnd };
}

const isEmpty = ({ begin, end }: Interval): boolean =>
  end !== undefined && compareBytes(begin, end) >= 0;

/** True when `end`, or no end, is at or beyond `key`. */
const reaches = (end: Uint8Array | undefined, key: Uint8Array): boolean =>
  end === undefined || compareBytes(end, key) >= 0;

/** A set of keys: intervals in order, with a gap between each two of them. */
export class KeySet {
  readonly #intervals: readonly Interval[];

  /** Intervals that overlap or touch become one; those that hold nothing are left out. */
  constructor(intervals: readonly Interval[]) {
    const merged: Interval[] = [];
    const ordered = intervals
      .filter((interval) => !isEmpty(interval))
      .sort((a, b) => compareBytes(a.begin, b.begin));
    for (const next of ordered) {
      const last = merged.at(-1);
      if (last === undefined || !reaches(last.end, next.begin)) merged.push(next);
      else if (last.end !== undefined && !isWithin(next.end, last.end)) {
        merged[merged.length - 1] = { begin: last.begin, end: next.end };
      }
    }
    this.#intervals = merged;
  }

  /**
   * True when every key that a request names is in the set. A range that ends before it begins names
   * none; it is allowed where its first key would be.
   */
  covers(key: Uint8Array, rangeEnd: Uint8Array): boolean {
    const found = this.#lastFrom(key);
    if (found === undefined) return false;
    const { end } = found;
    if (end !== undefined && compareBytes(key, end) >= 0) return false;
    if (rangeEnd.length === 0) return true;
    return isWithin(isOpenEnd(rangeEnd) ? undefined : rangeEnd, end);
  }

  /** The last interval that begins at or before the key. */
  #lastFrom(key: Uint8Array): Interval | undefined {
    let low = 0;
    let high = this.#intervals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.#intervals[middle]!.begin, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#intervals[low - 1];
  }
}

/** True when an interval that ends at `end` stays within one that ends at `limit`. */
function isWithin(end: Uint8Array | undefined, limit: Uint8Array | undefined): boolean {
  if (limit === undefined) return true;
  return end !== undefined && compareBytes(end, limit) <= 0;
}
