import { varintSize } from "@nodetcd/bytes";
import { EventType } from "@nodetcd/messages";
import { keyRecordSize, writeKeyRecord, writeModRevisionField } from "./encode.ts";
import { addRevision, type KeyIndex } from "./key-index.ts";
import { rangeEndText } from "./range.ts";
import { revisionKey } from "./revision.ts";
import type { StoreState } from "./store-state.ts";
import { keyBytes, keyText, StoredKeyValue } from "./stored-key-value.ts";
import type { Change } from "./txn.ts";
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
 * Writes the tombstone of a key that exists: a record of the key alone. Many of them may go in one turn of
 * the loop, so that what is made for each is as little as can be.
 */
export function deleteKey(state: StoreState, entry: KeyIndex, main: number, sub: number): void {
  const { key } = entry;
  const size = keyRecordSize(key);
  const slab = state.values.reserve(size);
  writeKeyRecord(slab.memory, slab.used, key);
  state.backend.put("key", revisionKey(main, sub, true), takeView(slab, size));

  if (entry.lease !== 0n) state.lessor.detach(entry.lease, keyBytes(key));
  addRevision(entry, main, ~sub);
  entry.lease = 0n;
  entry.stored = undefined;
  state.index.touch(entry, true);
  state.stats.deletes++;
}

/** A deletion as watchers get it. Its event is made when the first of them asks, if one does. */
export class DeleteChange implements Change {
  readonly type: EventType = EventType.DELETE;
  readonly key: string;
  readonly #main: number;
  #keyValue: StoredKeyValue | undefined;

  constructor(key: string, main: number) {
    this.key = key;
    this.#main = main;
  }

  /** Key and revision, nothing else. */
  get keyValue(): StoredKeyValue {
    this.#keyValue ??= new StoredKeyValue(
      deletionEvent(this.key, this.#main),
      0,
      this.#main,
      0,
      0n,
    );
    return this.#keyValue;
  }
}

function deletionEvent(key: string, main: number): Uint8Array {
  const keySize = keyRecordSize(key);
  const event = new Uint8Array(keySize + 1 + varintSize(main));
  writeKeyRecord(event, 0, key);
  writeModRevisionField(event, keySize, main);
  return event;
}
