import { compareBytes, type WireWriter } from "@nodetcd/bytes";
import { type RangeRequest, SortOrder, SortTarget } from "@nodetcd/messages";
import type { RangeOptions, RangeResult, StoredKeyValue } from "@nodetcd/mvcc";
import { LARGE_RANGE_BYTES, LARGE_RANGE_KEYS } from "../limits.ts";
import { type LargeRangeView, type RangeView, rangeEnd } from "./range-view.ts";

/** What a range found, ready to be written. */
export interface FoundRange {
  /** The store's revision at the time of the read. */
  readonly revision: number;
  /** Keys in the range, whatever limit and revision filters left of them. */
  readonly count: number;
  readonly more: boolean;
  readonly keyValues: readonly StoredKeyValue[];
}

/** True when the request asks for no other order than that of the store: by key, ascending. */
export function hasDefaultOrder(request: RangeRequest): boolean {
  return (
    request.sortOrder === SortOrder.NONE ||
    (request.sortTarget === SortTarget.KEY && request.sortOrder === SortOrder.ASCEND)
  );
}

/** Without an order but with a target other than the key, etcd sorts ascending what it has read. */
export function isSorted({ sortTarget, sortOrder }: RangeRequest): boolean {
  return sortTarget !== SortTarget.KEY || sortOrder === SortOrder.DESCEND;
}

export function isDescending({ sortOrder }: RangeRequest): boolean {
  return sortOrder === SortOrder.DESCEND;
}

export function hasRevisionFilters(request: RangeRequest): boolean {
  return (
    request.minModRevision !== 0 ||
    request.maxModRevision !== 0 ||
    request.minCreateRevision !== 0 ||
    request.maxCreateRevision !== 0
  );
}

/**
 * How many pairs are read at most, 0 for all: one more than the limit tells whether there are more. Where
 * filters or an order come after it, etcd reads everything.
 */
export function readLimit(request: RangeRequest): number {
  const limited = request.limit > 0 && hasDefaultOrder(request) && !hasRevisionFilters(request);
  return limited ? request.limit + 1 : 0;
}

/** Reads a range in etcd's order of steps: read, filter by revisions, sort, cut at the limit. */
export function findRange(view: RangeView, request: RangeRequest): FoundRange {
  const found = view.range(request.key, rangeEnd(request.rangeEnd), rangeOptions(request));
  return arrange(found, request);
}

/** As `findRange`; undefined when that is too much for one turn of the loop: then it is a `LargeRange`. */
export function findSmallRange(
  view: LargeRangeView,
  request: RangeRequest,
): FoundRange | undefined {
  const { key, rangeEnd: end } = request;
  if (end.length === 0) return findRange(view, request);
  if (view.spansMoreThan(key, end, LARGE_RANGE_KEYS)) return undefined;
  const found = view.rangeWithin(key, end, rangeOptions(request), LARGE_RANGE_BYTES);
  return found === undefined ? undefined : arrange(found, request);
}

function rangeOptions(request: RangeRequest): RangeOptions {
  return {
    revision: request.revision,
    limit: readLimit(request),
    countOnly: request.countOnly,
    keysOnly: pairForm(request) === "indexed",
  };
}

function arrange(found: RangeResult, request: RangeRequest): FoundRange {
  let keyValues: readonly StoredKeyValue[] = found.keyValues;
  if (hasRevisionFilters(request)) keyValues = keyValues.filter((kv) => passesFilters(kv, request));
  keyValues = sortKeyValues(keyValues, request);
  const more = request.limit > 0 && keyValues.length > request.limit;
  return {
    revision: found.revision,
    count: found.count,
    more,
    keyValues: more ? keyValues.slice(0, request.limit) : keyValues,
  };
}

/** The revisions of a pair are within the bounds that the request sets. */
export function passesFilters(pair: StoredKeyValue, request: RangeRequest): boolean {
  const { maxModRevision, minModRevision, maxCreateRevision, minCreateRevision } = request;
  return (
    !(maxModRevision !== 0 && pair.modRevision > maxModRevision) &&
    !(minModRevision !== 0 && pair.modRevision < minModRevision) &&
    !(maxCreateRevision !== 0 && pair.createRevision > maxCreateRevision) &&
    !(minCreateRevision !== 0 && pair.createRevision < minCreateRevision)
  );
}

type Comparison = (a: StoredKeyValue, b: StoredKeyValue) => number;

const COMPARISONS: Readonly<Record<number, Comparison>> = {
  [SortTarget.KEY]: (a, b) => compareBytes(a.key, b.key),
  [SortTarget.VERSION]: (a, b) => a.version - b.version,
  [SortTarget.CREATE]: (a, b) => a.createRevision - b.createRevision,
  [SortTarget.MOD]: (a, b) => a.modRevision - b.modRevision,
  [SortTarget.VALUE]: (a, b) => compareBytes(a.value, b.value),
};

function sortKeyValues(
  keyValues: readonly StoredKeyValue[],
  request: RangeRequest,
): readonly StoredKeyValue[] {
  const compare = COMPARISONS[request.sortTarget];
  if (!isSorted(request) || compare === undefined) return keyValues;
  return isDescending(request)
    ? keyValues.toSorted((a, b) => compare(b, a))
    : keyValues.toSorted(compare);
}

/** How much of a pair is written. */
export type PairForm =
  /** All of it: the stored bytes. */
  | "whole"
  /** Without its value. */
  | "no-value"
  /** Key, revisions and version alone: what etcd's index in memory has, which answers `keys_only`. */
  | "indexed";

/** The form that a request asks for; sorting by value makes etcd read the pairs after all. */
export function pairForm({ keysOnly, sortTarget }: RangeRequest): PairForm {
  if (!keysOnly) return "whole";
  return sortTarget === SortTarget.VALUE ? "no-value" : "indexed";
}

const KVS_TAG = (2 << 3) | 2;
const MORE_TAG = 3 << 3;
const COUNT_TAG = 4 << 3;

/** Writes the fields of a RangeResponse behind its header. */
export function writeFound(writer: WireWriter, found: FoundRange, form: PairForm): void {
  for (const keyValue of found.keyValues) writePair(writer, keyValue, form);
  writeTotals(writer, found.more, found.count);
}

/** Writes one element of `kvs`. */
export function writePair(writer: WireWriter, keyValue: StoredKeyValue, form: PairForm): void {
  writer.uint32(KVS_TAG);
  if (form === "whole") writer.delimited(keyValue.bytes);
  else writeWithoutValue(writer, keyValue, form === "no-value" ? keyValue.lease : 0n);
}

/** Writes `more` and `count`. */
export function writeTotals(writer: WireWriter, more: boolean, count: number): void {
  if (more) {
    writer.uint32(MORE_TAG);
    writer.bool(true);
  }
  if (count > 0) {
    writer.uint32(COUNT_TAG);
    writer.counter(count);
  }
}

const Tag = { key: (1 << 3) | 2, create: 2 << 3, mod: 3 << 3, version: 4 << 3, lease: 6 << 3 };

/** Writes length and content of a KeyValue. */
function writeWithoutValue(writer: WireWriter, keyValue: StoredKeyValue, lease: bigint): void {
  const mark = writer.beginDelimited();
  writer.uint32(Tag.key);
  writer.delimited(keyValue.key);
  writer.uint32(Tag.create);
  writer.counter(keyValue.createRevision);
  writer.uint32(Tag.mod);
  writer.counter(keyValue.modRevision);
  writer.uint32(Tag.version);
  writer.counter(keyValue.version);
  if (lease !== 0n) {
    writer.uint32(Tag.lease);
    writer.uint64(lease);
  }
  writer.endDelimited(mark);
}
