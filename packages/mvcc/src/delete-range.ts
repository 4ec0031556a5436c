import { type Change, DeleteChange } from "./change.ts";
import { keyRecordSize, writeKeyRecord } from "./encode.ts";
import { addRevision, type KeyIndex } from "./key-index.ts";
import { BYTE_COST, PASSING_COST } from "./limits.ts";
import { readNewest, rangeEndText } from "./range.ts";
import { revisionKey } from "./revision.ts";
import type { StoreState } from "./store-state.ts";
import { keyBytes, keyText, type StoredKeyValue } from "./stored-key-value.ts";
import { takeView } from "./value-cache.ts";

/**
 * Takes away the keys of a range, in key order and in steps: the keys of a large one are too many for a turn
 * of the loop. Between two steps nothing else may be written; reads do not see it until the transaction ends.
 */
export class Deletion {
  /** How many keys are deleted so far. */
  deleted = 0;
  /** Those pairs, if they were asked for; none when they are more than may be kept. */
  readonly previous: StoredKeyValue[] = [];
  /** Bytes of those pairs, also of those that are not kept any more. */
  previousBytes = 0;
  readonly #state: StoreState;
  readonly #changes: Change[];
  readonly #end: string | undefined;
  /** Bytes of pairs that are kept: -1 for none at all. */
  readonly #previousBytesMax: number;
  /** The first key that is not looked at yet; undefined when none is left. */
  #next: string | undefined;

  /**
   * For `WriteTransaction.beginDelete`.
   *
   * @param changes of the transaction, appended to
   * @param end undefined or empty: the one key; `[0]`: all keys from `key` on; else exclusive. Borrowed for the call
   */
  constructor(
    state: StoreState,
    changes: Change[],
    key: Uint8Array,
    end: Uint8Array | undefined,
    previousBytesMax: number,
  ) {
    this.#state = state;
    this.#changes = changes;
    this.#previousBytesMax = previousBytesMax;
    if (end === undefined || end.length === 0) {
      const entry = state.index.get(key);
      if (entry !== undefined && entry.alive) this.#delete(entry);
      return;
    }
    this.#next = keyText(key);
    this.#end = rangeEndText(end);
  }

  /**
   * Goes on for as much work as deleting `keys` keys is. Passing over keys that are deleted already is work, too.
   *
   * @param keys above 0; `Infinity` for all
   * @returns what is left of `keys` (0 or less: nothing) when all are deleted, undefined when there are more
   */
  step(keys: number): number | undefined {
    let left = keys;
    while (this.#next !== undefined && left > 0) {
      const { entries, from, to, next } = this.#state.index.chunkFrom(this.#next, this.#end);
      let at = from;
      for (; at < to && left > 0; at++) {
        const entry = entries[at]!;
        if (entry.alive) left -= 1 + this.#delete(entry) * BYTE_COST;
        else left -= PASSING_COST;
      }
      this.#next = at < to ? entries[at]!.key : next;
    }
    return this.#next === undefined ? left : undefined;
  }

  /** Answers how many bytes were read. */
  #delete(entry: KeyIndex): number {
    const read = this.#keep(entry);
    const main = this.#state.revision + 1;
    deleteKey(this.#state, entry, main, this.#changes.length);
    this.#changes.push(new DeleteChange(entry.key, main));
    this.deleted++;
    return read;
  }

  #keep(entry: KeyIndex): number {
    if (this.previousBytes > this.#previousBytesMax) return 0;
    const pair = readNewest(this.#state, entry);
    this.previousBytes += pair.bytes.length;
    if (this.previousBytes <= this.#previousBytesMax) this.previous.push(pair);
    else this.previous.length = 0;
    return pair.bytes.length;
  }
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
