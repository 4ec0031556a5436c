import type { Entry } from "@nodetcd/messages";
import { entrySize, normalEntry } from "./entry.ts";
import { broken } from "./errors.ts";

/** In the slot of an entry that was dropped: its data must not stay in memory. */
const DROPPED = normalEntry();

/**
 * A contiguous run of log entries that grows at the end, is cut back at conflicts, and loses its
 * beginning as entries become stable or compacted. Dropping costs amortised constant time for each
 * entry, however long the run is.
 *
 * Invariant: the entry at position i has index `first + i`.
 */
export class EntryWindow {
  #entries: Entry[] = [];
  /** Slots at the beginning of `#entries` that are dropped but not yet given back. */
  #dropped = 0;
  #first: number;
  #bytes = 0;

  /** @param first index that the first entry will have */
  constructor(first: number) {
    this.#first = first;
  }

  /** Index of the first entry, or of the one that would be first. */
  get first(): number {
    return this.#first;
  }

  /** One above the index of the last entry. */
  get end(): number {
    return this.#first + this.#entries.length - this.#dropped;
  }

  get length(): number {
    return this.#entries.length - this.#dropped;
  }

  /** Bytes of the data of all entries. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Index of the first entry that stays when entries go from the beginning until `bytes` are left at most. */
  firstWithin(bytes: number): number {
    let left = this.#bytes;
    let place = this.#dropped;
    while (left > bytes) left -= this.#entries[place++]!.data.length;
    return this.#first + place - this.#dropped;
  }

  /** Term of the entry at `index`, which must be within the window. */
  termAt(index: number): number {
    return this.#entries[index - this.#first + this.#dropped]!.term;
  }

  /** Adds entries whose indexes follow on the last one. The array stays the caller's. */
  append(entries: readonly Entry[]): void {
    const own = this.#entries;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      own.push(entry);
      this.#bytes += entry.data.length;
    }
  }

  /** Drops the entries from `index` on. */
  cutFrom(index: number): void {
    const from = index - this.#first + this.#dropped;
    for (let i = from; i < this.#entries.length; i++) this.#bytes -= this.#entries[i]!.data.length;
    this.#entries.length = from;
  }

  /** Drops the entries below `index`, which must be within the window or its end. */
  dropBelow(index: number): void {
    const kept = this.#dropped + index - this.#first;
    for (let i = this.#dropped; i < kept; i++) {
      this.#bytes -= this.#entries[i]!.data.length;
      this.#entries[i] = DROPPED;
    }
    this.#dropped = kept;
    this.#first = index;
    if (this.#dropped === this.#entries.length) {
      this.#entries = [];
      this.#dropped = 0;
    } else if (this.#dropped * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#dropped);
      this.#dropped = 0;
    }
  }

  /** Forgets everything; the next entry will have index `first`. */
  restart(first: number): void {
    this.#entries = [];
    this.#dropped = 0;
    this.#first = first;
    this.#bytes = 0;
  }

  /**
   * Entries `low` to `high - 1` as a fresh array, stopping before their encoded size would exceed
   * `maxBytes`; at least one if the range is not empty.
   */
  slice(low: number, high: number, maxBytes: number): Entry[] {
    if (low > high) broken(`invalid unstable.slice ${low} > ${high}`);
    if (low < this.#first || high > this.end) {
      broken(`unstable.slice[${low},${high}) out of bound [${this.#first},${this.end}]`);
    }
    const start = low - this.#first + this.#dropped;
    const stop = high - this.#first + this.#dropped;
    if (maxBytes === Infinity) return this.#entries.slice(start, stop);
    let size = 0;
    let limit = start;
    for (; limit < stop; limit++) {
      size += entrySize(this.#entries[limit]!);
      if (size > maxBytes && limit > start) break;
    }
    return this.#entries.slice(start, limit);
  }
}
