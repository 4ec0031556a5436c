import { keyRecordSize, writeKeyRecord } from "./encode.ts";
import { compactedError, futureRevisionError, MvccError } from "./errors.ts";
import { findRevision, found, type KeyIndex } from "./key-index.ts";
import { revisionKey } from "./revision.ts";
import type { StoreState } from "./store-state.ts";
import { keyText, parseStored, StoredKeyValue } from "./stored-key-value.ts";

export interface RangeOptions {
  /** Reads as of this revision; 0 or less is the newest. Default 0. */
  revision?: number;
  /** Most keys to return, 0 for all. Default 0. `count` does not depend on it. */
  limit?: number;
  /** Only `count`, no keys. Default false. */
  countOnly?: boolean;
  /**
   * Pairs without value and lease: what the index has in memory. Their `bytes` are the key's field alone.
   * Default false.
   */
  keysOnly?: boolean;
}

export interface RangeResult {
  /** The revision of the store (inside a write transaction that changed something: one more). */
  readonly revision: number;
  /** Keys in the range at the revision asked for, whatever the limit. */
  readonly count: number;
  /** In key order. */
  readonly keyValues: StoredKeyValue[];
}

/**
 * Reads a key or a range of keys.
 *
 * @param key borrowed for the call
 * @param end undefined or empty: the one key; `[0]`: all keys from `key` on; else exclusive. Borrowed
 * @param current the newest revision that the caller may see
 */
export function range(
  state: StoreState,
  key: Uint8Array,
  end: Uint8Array | undefined,
  options: RangeOptions,
  current: number,
): RangeResult {
  return rangeWithin(state, key, end, options, current, Infinity)!;
}

/** As `range`; undefined when the pairs are more than `maxBytes`, of which one pair at most is read too many. */
export function rangeWithin(
  state: StoreState,
  key: Uint8Array,
  end: Uint8Array | undefined,
  options: RangeOptions,
  current: number,
  maxBytes: number,
): RangeResult | undefined {
  state.stats.ranges++;
  const at = readableRevision(state, options.revision ?? 0, current);
  const entries: KeyIndex[] = [];
  const count =
    end === undefined || end.length === 0
      ? selectOne(state, key, at, entries)
      : selectRange(state, key, end, at, options, entries);
  const keyValues: StoredKeyValue[] = [];
  if (options.countOnly === true) return { revision: current, count, keyValues };
  const readOne = options.keysOnly === true ? keyAt : read;
  let bytesLeft = maxBytes;
  for (const entry of entries) {
    const keyValue = readOne(state, entry, at);
    bytesLeft -= keyValue.bytes.length;
    if (bytesLeft < 0) {
      // Read again, and counted then.
      state.stats.ranges--;
      return undefined;
    }
    keyValues.push(keyValue);
  }
  return { revision: current, count, keyValues };
}

/** The revision to read at; 0 or less is the newest. Raises `COMPACTED` and `FUTURE_REVISION`. */
export function readableRevision(state: StoreState, revision: number, current: number): number {
  if (revision > current) throw futureRevisionError();
  const at = revision <= 0 ? current : revision;
  if (at < state.compactRevision) throw compactedError();
  return at;
}

function selectOne(state: StoreState, key: Uint8Array, at: number, into: KeyIndex[]): number {
  const entry = state.index.get(key);
  if (entry === undefined || !findRevision(entry, at)) return 0;
  into.push(entry);
  return 1;
}

function selectRange(
  state: StoreState,
  key: Uint8Array,
  end: Uint8Array,
  at: number,
  { limit = 0, countOnly }: RangeOptions,
  into: KeyIndex[],
): number {
  const start = keyText(key);
  const stop = rangeEndText(end);
  if (countOnly !== true) {
    state.index.collect(start, stop, at, limit, into);
    if (limit <= 0 || into.length < limit) return into.length;
  }
  return state.index.count(start, stop, at);
}

/** See `Store.spansMoreThan`. */
export function spansMoreThan(
  state: StoreState,
  key: Uint8Array,
  end: Uint8Array,
  keys: number,
): boolean {
  return state.index.spansMoreThan(keyText(key), rangeEndText(end), keys);
}

/** The end of a range as text; undefined for the end of the key space (`[0]`). */
export function rangeEndText(end: Uint8Array): string | undefined {
  return end.length === 1 && end[0] === 0 ? undefined : keyText(end);
}

/** The value of a key that exists at `atRevision`. */
function read(state: StoreState, entry: KeyIndex, atRevision: number): StoredKeyValue {
  if (entry.main <= atRevision) return readNewest(state, entry);
  findRevision(entry, atRevision);
  return parseStored(state.values.copy(fetch(state, entry, found.main, found.sub)).bytes);
}

/** The value of a key at `atRevision`; undefined when it did not exist then. */
export function readAt(
  state: StoreState,
  entry: KeyIndex,
  atRevision: number,
): StoredKeyValue | undefined {
  return findRevision(entry, atRevision) ? read(state, entry, atRevision) : undefined;
}

/** The newest value of a key that exists, from the cache or into it. */
export function readNewest(state: StoreState, entry: KeyIndex): StoredKeyValue {
  const stored = entry.stored;
  if (stored !== undefined) {
    stored.recentlyRead = true;
    return stored;
  }
  const copy = state.values.copy(fetch(state, entry, entry.main, entry.sub));
  const fetched = parseStored(copy.bytes);
  state.values.keep(entry, fetched, copy.slab);
  return fetched;
}

/** The value of a key that exists at `atRevision`, from the backend: its bytes are borrowed. */
export function fetchAt(state: StoreState, entry: KeyIndex, atRevision: number): StoredKeyValue {
  const { main, sub, createRevision, version, lease } = entry;
  if (main <= atRevision) {
    const record = fetch(state, entry, main, sub);
    return new StoredKeyValue(record, createRevision, main, version, lease);
  }
  findRevision(entry, atRevision);
  return parseStored(fetch(state, entry, found.main, found.sub));
}

/** A key that exists at `atRevision`, without value and lease. */
export function keyAt(state: StoreState, entry: KeyIndex, atRevision: number): StoredKeyValue {
  const record = keyRecord(entry.key);
  if (entry.main <= atRevision) {
    return new StoredKeyValue(record, entry.createRevision, entry.main, entry.version, 0n);
  }
  const { createRevision, modRevision, version } = fetchAt(state, entry, atRevision);
  return new StoredKeyValue(record, createRevision, modRevision, version, 0n);
}

/** A KeyValue of a key alone, owned. */
function keyRecord(key: string): Uint8Array {
  const record = Buffer.allocUnsafe(keyRecordSize(key));
  writeKeyRecord(record, 0, key);
  return record;
}

/** Borrowed from the backend until this turn of the loop ends. */
function fetch(state: StoreState, entry: KeyIndex, main: number, sub: number): Uint8Array {
  const record = state.backend.get("key", revisionKey(main, sub));
  if (record === undefined) {
    throw new MvccError(
      "CORRUPT_RECORD",
      `Revision ${main}.${sub} of key ${JSON.stringify(entry.key)} is in the index but not in the backend`,
    );
  }
  return record;
}
