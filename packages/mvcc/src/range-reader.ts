import { assert } from "@nodetcd/bytes";
import { compactedError, MvccError } from "./errors.ts";
import { findRevision, type KeyIndex } from "./key-index.ts";
import { COST_PER_LOOK, COUNT_STEP_KEYS, FETCH_COST, KEY_COST } from "./limits.ts";
import { fetchAt, keyAt, rangeEndText, readableRevision } from "./range.ts";
import type { StoreState } from "./store-state.ts";
import { keyText, type StoredKeyValue } from "./stored-key-value.ts";
import type { TreeIndex } from "./tree-index.ts";

export interface RangeReaderOptions {
  /** Reads as of this revision; 0 or less is the newest. Default 0. */
  readonly revision?: number | undefined;
  /** See `RangeOptions.keysOnly`. Default false. */
  readonly keysOnly?: boolean | undefined;
  /**
   * Compactions wait with their deletions until `close`, so that the revision can be read to the end;
   * otherwise `beginSlice` raises `COMPACTED` once it is gone. For readers that nobody can hold up.
   * Default false.
   */
  readonly holdsHistory?: boolean | undefined;
}

/**
 * Reads a range of any size as of one revision, in slices between which the store may change:
 *
 *     for (; !reader.done; await clock.yield()) {
 *       reader.beginSlice(clock.monotonic() + 3);
 *       for (let pair = reader.next(); pair !== undefined; pair = reader.next()) use(pair);
 *     }
 *     reader.close();
 *
 * Values come from the cache or straight from the backend and are not taken into the cache: one look at
 * everything must not push out what is read all the time.
 */
export class RangeReader {
  /** The newest revision that the caller saw when the reader was opened. */
  readonly storeRevision: number;
  /** Keys that existed, among those passed so far. */
  count = 0;
  readonly #state: StoreState;
  readonly #index: TreeIndex;
  readonly #at: number;
  readonly #first: string;
  readonly #end: string | undefined;
  readonly #keysOnly: boolean;
  readonly #holdsHistory: boolean;
  #release: () => void = () => undefined;
  #until = 0;
  /** Work since the last look at the clock, in keys passed over. */
  #cost = 0;
  /** What was passed ends below this key; undefined when that is everything. */
  #start: string | undefined;
  /** The last key that `next` gave, if `#start` is not above it. */
  #passed: KeyIndex | undefined;
  /** The part of a chunk that is being read, valid in this slice, and where the next chunk begins. */
  #entries: readonly KeyIndex[] = [];
  #position = 0;
  #stop = 0;
  #nextChunk: string | undefined;

  /**
   * For `Store.readRange`.
   *
   * @param current the newest revision that the caller may see
   */
  constructor(
    state: StoreState,
    key: Uint8Array,
    end: Uint8Array,
    options: RangeReaderOptions,
    current: number,
  ) {
    this.#at = readableRevision(state, options.revision ?? 0, current);
    this.storeRevision = current;
    this.#state = state;
    this.#index = state.index;
    this.#first = keyText(key);
    this.#start = this.#first;
    this.#end = rangeEndText(end);
    this.#keysOnly = options.keysOnly === true;
    this.#holdsHistory = options.holdsHistory === true;
    if (this.#holdsHistory) this.#release = holdHistory(state, this.#at);
    state.stats.ranges++;
  }

  /** Everything in the range has been passed. */
  get done(): boolean {
    return this.#start === undefined;
  }

  /**
   * Begins a stretch of reading, which ends with this turn of the loop. Raises `COMPACTED`, and `CLOSED`
   * when the store was closed or went over to another history.
   *
   * @param until monotonic milliseconds at which `next` and `countRest` stop
   */
  beginSlice(until: number): void {
    const state = this.#state;
    if (state.closed || state.index !== this.#index) {
      throw new MvccError("CLOSED", "The store was closed before the range was read");
    }
    if (!this.#holdsHistory && this.#at < state.compactRevision) throw compactedError();
    this.#until = until;
    this.#cost = 0;
    this.#seat();
  }

  /** Time for this slice is over. Looks at the clock only after some work. */
  #timeIsOver(): boolean {
    if (this.#cost < COST_PER_LOOK) return false;
    this.#cost = 0;
    if (this.#state.clock.monotonic() < this.#until) return false;
    // The next question has the same answer.
    this.#cost = COST_PER_LOOK;
    return true;
  }

  /** The next pair, borrowed for this turn of the loop; undefined when time is over, and when `done`. */
  next(): StoredKeyValue | undefined {
    while (this.#start !== undefined) {
      while (this.#position < this.#stop) {
        if (this.#timeIsOver()) return undefined;
        const entry = this.#entries[this.#position++]!;
        this.#passed = entry;
        this.#cost++;
        if (entry.main <= this.#at ? entry.sub < 0 : !findRevision(entry, this.#at)) continue;
        this.count++;
        return this.#read(entry, this.#keysOnly);
      }
      this.#passed = undefined;
      this.#start = this.#nextChunk;
      this.#seat();
    }
    return undefined;
  }

  /** Counts what `next` has not given yet; as much as time allows. */
  countRest(): void {
    this.#skipPassed();
    while (this.#start !== undefined && !this.#timeIsOver()) {
      const some = this.#index.countSome(this.#start, this.#end, this.#at, COUNT_STEP_KEYS);
      this.count += some.count;
      this.#start = some.next;
      this.#cost += COST_PER_LOOK;
    }
  }

  /**
   * The pair of a key that `next` gave, borrowed for this turn of the loop; may be asked in a slice only.
   *
   * @param key borrowed for the call
   * @param keyOnly without its value, whatever `next` gives
   */
  readAgain(key: Uint8Array, keyOnly: boolean): StoredKeyValue {
    const entry = this.#index.get(key);
    assert(entry !== undefined, "RangeReader.readAgain: the key is not in the index");
    return this.#read(entry, keyOnly);
  }

  /** Goes back to the first key. */
  restart(): void {
    this.count = 0;
    this.#passed = undefined;
    this.#start = this.#first;
  }

  /** Must be called in the end, whatever happened; again has no effect. */
  close(): void {
    this.#start = undefined;
    this.#entries = [];
    this.#stop = 0;
    this.#release();
  }

  #read(entry: KeyIndex, keyOnly: boolean): StoredKeyValue {
    if (keyOnly) {
      this.#cost += entry.main <= this.#at ? KEY_COST : FETCH_COST;
      return keyAt(this.#state, entry, this.#at);
    }
    const keyValue =
      entry.main <= this.#at && entry.stored !== undefined
        ? entry.stored
        : fetchAt(this.#state, entry, this.#at);
    this.#cost += FETCH_COST + (keyValue.bytes.length >>> 5);
    return keyValue;
  }

  #skipPassed(): void {
    if (this.#passed === undefined) return;
    this.#start = `${this.#passed.key}\0`;
    this.#passed = undefined;
  }

  /** Finds the place in the index where reading goes on. */
  #seat(): void {
    this.#skipPassed();
    if (this.#start === undefined) return;
    const { entries, from, to, next } = this.#index.chunkFrom(this.#start, this.#end);
    this.#entries = entries;
    this.#position = from;
    this.#stop = to;
    this.#nextChunk = next;
  }
}

/** Makes compactions wait that would remove what a reader at `revision` sees; returns what lets them go on. */
function holdHistory(state: StoreState, revision: number): () => void {
  let release = (): void => undefined;
  const done = new Promise<void>((resolve) => (release = resolve));
  const reader = { revision, done };
  state.historyReaders.add(reader);
  return () => {
    state.historyReaders.delete(reader);
    release();
  };
}
