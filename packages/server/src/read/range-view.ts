import type { RangeOptions, RangeReader, RangeReaderOptions, RangeResult } from "@nodetcd/mvcc";

/** What can be read from: the store, or a write transaction that sees its own changes. */
export interface RangeView {
  readonly revision: number;
  range(key: Uint8Array, end: Uint8Array | undefined, options: RangeOptions): RangeResult;
}

/** What ranges of any size can be read from; see `Store`. */
export interface LargeRangeView extends RangeView {
  rangeWithin(
    key: Uint8Array,
    end: Uint8Array | undefined,
    options: RangeOptions,
    maxBytes: number,
  ): RangeResult | undefined;
  spansMoreThan(key: Uint8Array, end: Uint8Array, keys: number): boolean;
  readRange(key: Uint8Array, end: Uint8Array, options: RangeReaderOptions): RangeReader;
}

/** A range end as the store takes it: none for a single key. */
export function rangeEnd(end: Uint8Array): Uint8Array | undefined {
  return end.length === 0 ? undefined : end;
}
