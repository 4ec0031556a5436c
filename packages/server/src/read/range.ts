import { compareBytes, type WireWriter } from "@nodetcd/bytes";
import { type RangeRequest, SortOrder, SortTarget } from "@nodetcd/messages";
import type { StoredKeyValue } from "@nodetcd/mvcc";
import { type RangeView, rangeEnd } from "./range-view.ts";

/** What a range found, ready to be written. */
export interface FoundRange {
  /** The store's revision at the time of the read. */
  readonly revision: number;
  /** Keys in the range, whatever limit and revision filters left of them. */
  readonly count: number;
  readonly more: boolean;
  readonly keyValues: readonly StoredKeyValue[];
}

/** True when results come in the order that the store reads them in: by key, ascending. */
export function hasDefaultOrder(request: RangeRequest): boolean {
  return (
    request.sortOrder === SortOrder.NONE ||
    (request.sortTarget === SortTarget.KEY && request.sortOrder === SortOrder.ASCEND)
  );
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
 * Reads a range in etcd's order of steps: read, filter by revisions, sort, cut at the limit.
 * A limit can be handed to the store only if neither filters nor sorting come after it.
 */
export function findRange(view: RangeView, request: RangeRequest): FoundRange {
  const limited = request.limit > 0 && hasDefaultOrder(request) && !hasRevisionFilters(request);
  const found = view.range(request.key, rangeEnd(request.rangeEnd), {
    revision: request.revision,
    // One more than asked for tells whether there are more.
    limit: limited ? request.limit + 1 : 0,
    countOnly: request.countOnly,
  });
  let keyValues: readonly StoredKeyValue[] = found.keyValues;
  if (hasRevisionFilters(request)) keyValues = filterByRevision(keyValues, request);
  keyValues = sortKeyValues(keyValues, request);
  const more = request.limit > 0 && keyValues.length > request.limit;
  return {
    revision: found.revision,
    count: found.count,
    more,
    keyValues: more ? keyValues.slice(0, request.limit) : keyValues,
  };
}

function filterByRevision(
  keyValues: readonly StoredKeyValue[],
  request: RangeRequest,
): StoredKeyValue[] {
  const { maxModRevision, minModRevision, maxCreateRevision, minCreateRevision } = request;
  return keyValues.filter(
    (kv) =>
      !(maxModRevision !== 0 && kv.modRevision > maxModRevision) &&
      !(minModRevision !== 0 && kv.modRevision < minModRevision) &&
      !(maxCreateRevision !== 0 && kv.createRevision > maxCreateRevision) &&
      !(minCreateRevision !== 0 && kv.createRevision < minCreateRevision),
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

/** Without an order but with a target other than the key, etcd sorts ascending. */
function sortKeyValues(
  keyValues: readonly StoredKeyValue[],
  request: RangeRequest,
): readonly StoredKeyValue[] {
  const order =
    request.sortTarget !== SortTarget.KEY && request.sortOrder === SortOrder.NONE
      ? SortOrder.ASCEND
      : request.sortOrder;
  if (hasDefaultOrder({ ...request, sortOrder: order })) return keyValues;
  const compare = COMPARISONS[request.sortTarget];
  if (compare === undefined) return keyValues;
  return order === SortOrder.DESCEND
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
  for (const keyValue of found.keyValues) {
    writer.uint32(KVS_TAG);
    if (form === "whole") writer.delimited(keyValue.bytes);
    else writeWithoutValue(writer, keyValue, form === "no-value" ? keyValue.lease : 0n);
  }
  if (found.more) {
    writer.uint32(MORE_TAG);
    writer.bool(true);
  }
  if (found.count > 0) {
    writer.uint32(COUNT_TAG);
    writer.counter(found.count);
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
