import { assert } from "@nodetcd/bytes";
import { EventType } from "@nodetcd/messages";
import type { Change, StoredEvent } from "./change.ts";
import { Deletion } from "./delete-range.ts";
import { put } from "./put.ts";
import { range, type RangeOptions, type RangeResult, rangeWithin, spansMoreThan } from "./range.ts";
import { RangeReader, type RangeReaderOptions } from "./range-reader.ts";
import type { StoreState } from "./store-state.ts";

/**
 * Changes that become visible together, as one revision. One transaction is open at a time. There is no rollback:
 * check first. It ends in the turn of the loop that it began in, or (see `beginDelete`) a later one: until then nobody
 * else sees its changes, and its backend must not commit them.
 */
export class WriteTransaction {
  readonly #state: StoreState;
  readonly #onEnd: (changes: readonly Change[]) => void;
  readonly #changes: Change[] = [];
  #operations = 0;
  #ended = false;

  /** For `Store.beginWrite`. */
  constructor(state: StoreState, onEnd: (changes: readonly Change[]) => void) {
    this.#state = state;
    this.#onEnd = onEnd;
  }

  /** What was changed so far, in order; the position is the sub revision. */
  get changes(): readonly StoredEvent[] {
    return this.#changes;
  }

  /** The revision that the changes made so far belong to, or that of the store without any. */
  get revision(): number {
    return this.#state.revision + (this.#changes.length > 0 ? 1 : 0);
  }

  /** As `Store.range`, and sees the changes made so far, one revision up. */
  range(key: Uint8Array, end: Uint8Array | undefined, options: RangeOptions = {}): RangeResult {
    this.#operations++;
    return range(this.#state, key, end, options, this.revision);
  }

  /** As `Store.rangeWithin`, and sees the changes made so far. */
  rangeWithin(
    key: Uint8Array,
    end: Uint8Array | undefined,
    options: RangeOptions,
    maxBytes: number,
  ): RangeResult | undefined {
    const found = rangeWithin(this.#state, key, end, options, this.revision, maxBytes);
    if (found !== undefined) this.#operations++;
    return found;
  }

  /** As `Store.readRange`, and sees the changes made so far: nothing may be changed until it is closed. */
  readRange(key: Uint8Array, end: Uint8Array, options: RangeReaderOptions = {}): RangeReader {
    this.#operations++;
    return new RangeReader(this.#state, key, end, options, this.revision);
  }

  /** See `Store.spansMoreThan`. */
  spansMoreThan(key: Uint8Array, end: Uint8Array, keys: number): boolean {
    return spansMoreThan(this.#state, key, end, keys);
  }

  /**
   * @param key borrowed for the call, as is `value`; not empty
   * @param lease 0n for none; must have been granted
   * @returns the revision of this transaction
   */
  put(key: Uint8Array, value: Uint8Array, lease: bigint): number {
    this.#begin();
    const main = this.#state.revision + 1;
    const { key: text, keyValue } = put(this.#state, key, value, lease, main, this.#changes.length);
    this.#changes.push({ type: EventType.PUT, keyValue, key: text });
    return main;
  }

  /**
   * Deletes the key, or the keys of a range (`end` as for `range`), in key order.
   *
   * @returns how many there were; without any nothing changes
   */
  deleteRange(key: Uint8Array, end: Uint8Array | undefined): number {
    const deletion = this.beginDelete(key, end);
    deletion.step(Infinity);
    return deletion.deleted;
  }

  /**
   * As `deleteRange`, in steps: the transaction may then stay open over several turns of the loop.
   *
   * @param previousBytesMax also collect the pairs that are deleted, so many bytes of them; beyond it none.
   *   Default: they are not even read
   */
  beginDelete(
    key: Uint8Array,
    end: Uint8Array | undefined,
    previousBytesMax: number = -1,
  ): Deletion {
    this.#begin();
    if (previousBytesMax >= 0) {
      this.#operations++;
      this.#state.stats.ranges++;
    }
    return new Deletion(this.#state, this.#changes, key, end, previousBytesMax);
  }

  /** Publishes: the revision rises by one if anything changed, and the watchers are told. */
  end(): void {
    assert(!this.#ended, "WriteTransaction.end: it has ended before");
    this.#ended = true;
    if (this.#operations > 1) this.#state.stats.txns++;
    this.#onEnd(this.#changes);
  }

  #begin(): void {
    assert(!this.#ended, "WriteTransaction: it has ended");
    this.#operations++;
  }
}
