import { varintSize } from "@nodetcd/bytes";
import { writeKeyField, writeModRevisionField } from "./encode.ts";
import { addRevision, type KeyIndex } from "./key-index.ts";
import type { PutChange } from "./put.ts";
import { rangeEndText } from "./range.ts";
import { revisionKey } from "./revision.ts";
import type { StoreState } from "./store-state.ts";
import { keyBytes, keyText, StoredKeyValue } from "./stored-key-value.ts";
import { takeView } from "./value-cache.ts";

/** The entries that a DeleteRange takes away, in key order: those that exist now. */
export function selectForDelete(
  state: StoreState,
  key: Uint8Array,
  end: Uint8Array | undefined,
): KeyIndex[] {
  const entries: KeyIndex[] = [];
  if (end === undefined || end.length === 0) {
    const entry = state.index.get(key);
    if (entry !== undefined && entry.alive) entries.push(entry);
  } else {
    const now = Number.MAX_SAFE_INTEGER;
    state.index.collect(keyText(key), rangeEndText(end), now, 0, entries);
  }
  return entries;
}

/**
 * Writes the tombstone of a key that exists. The record is the key alone; the event that watchers
 * get adds the revision, so that the one is the beginning of the other.
 */
export function deleteKey(
  state: StoreState,
  entry: KeyIndex,
  main: number,
  sub: number,
): PutChange {
  const key = keyBytes(entry.key);
  const recordSize = 1 + varintSize(key.length) + key.length;
  const eventSize = recordSize + 1 + varintSize(main);
  const slab = state.values.reserve(eventSize);
  const afterKey = writeKeyField(slab.memory, slab.used, key);
  writeModRevisionField(slab.memory, afterKey, main);
  const event = takeView(slab, eventSize);
  state.backend.put("key", revisionKey(main, sub, true), event.subarray(0, recordSize));

  const hadLease = entry.lease !== 0n;
  addRevision(entry, main, ~sub);
  entry.lease = 0n;
  entry.stored = undefined;
  state.index.touch(entry, true);

  const lease = hadLease ? state.lessor.leaseOf(key) : 0n;
  if (lease !== 0n) state.lessor.detach(lease, key);
  state.stats.deletes++;
  return { key: entry.key, keyValue: new StoredKeyValue(event, 0, main, 0, 0n) };
}
