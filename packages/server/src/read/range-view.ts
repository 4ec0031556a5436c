import type { RangeOptions, RangeResult } from "@nodetcd/mvcc";

/** What can be read from: the store, or a write transaction that sees its own changes. */
export interface RangeView {
  readonly revision: number;
  range(key: Uint8Array, end: Uint8Array | undefined, options: RangeOptions): RangeResult;
}

/** A range end as the store takes it: none for a single key. */
export function rangeEnd(end: Uint8Array): Uint8Array | undefined {
  return end.length === 0 ? undefined : end;
}
