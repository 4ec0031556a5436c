import { HardState, ConfState, NO_BYTES, type Entry, type RaftSnapshot } from "@nodetcd/messages";
import { EntryWindow } from "./entry-window.ts";
import { broken, RaftError } from "./errors.ts";
import type { Storage } from "./storage.ts";

/**
 * Reads back entries `low` to `high - 1` that were moved out of memory, at least one, within `maxBytes` if it is
 * not one alone; undefined when they are not to be had.
 */
export type ReadOlder = (low: number, high: number, maxBytes: number) => Entry[] | undefined;

/**
 * A log in memory. With it a write-ahead log on disk becomes a `Storage`: load it at the start, and
 * append to both whatever a `Ready` brings. Where entries can be read back (`readOlder`) the oldest ones need not
 * stay in memory (`moveOut`): only their terms do.
 */
export class MemoryStorage implements Storage {
  readOlder: ReadOlder | undefined;
  #hardState: HardState = HardState.create();
  #snapshot: RaftSnapshot = emptySnapshot();
  /** Entries in memory: the last ones of the log. */
  readonly #window = new EntryWindow(1);
  /** Index of the first entry of the log, in memory or moved out. */
  #first = 1;
  /** Where in the part that was moved out a term begins, ascending. */
  #terms: { readonly from: number; readonly term: number }[] = [];
  /** Term of the last entry that is compacted or in the snapshot; its index is `#first - 1`. */
  #compactedTerm = 0;

  initialState(): { readonly hardState: HardState; readonly confState: ConfState } {
    return {
      hardState: this.#hardState,
      confState: this.#snapshot.metadata?.confState ?? ConfState.create(),
    };
  }

  setHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  firstIndex(): number {
    return this.#first;
  }

  /** Bytes of data in memory. */
  get bytes(): number {
    return this.#window.bytes;
  }

  lastIndex(): number {
    return this.#window.end - 1;
  }

  term(index: number): number {
    if (index >= this.#window.first) {
      if (index >= this.#window.end) throw new RaftError("UNAVAILABLE");
      return this.#window.termAt(index);
    }
    if (index < this.#first - 1) throw new RaftError("COMPACTED");
    return this.#terms.findLast(({ from }) => from <= index)?.term ?? this.#compactedTerm;
  }

  entries(low: number, high: number, maxBytes: number): Entry[] {
    if (low < this.#first) throw new RaftError("COMPACTED");
    if (high > this.#window.end) {
      broken(`entries' hi(${high}) is out of bound lastindex(${this.lastIndex()})`);
    }
    if (low < this.#window.first && low < high) return this.#older(low, high, maxBytes);
    if (this.#window.length === 0) throw new RaftError("UNAVAILABLE");
    return this.#window.slice(low, high, maxBytes);
  }

  /** Stops at the first entry that is in memory, if it comes so far: that one is asked for next. */
  #older(low: number, high: number, maxBytes: number): Entry[] {
    const entries = this.readOlder?.(low, Math.min(high, this.#window.first), maxBytes);
    if (entries === undefined) throw new RaftError("COMPACTED");
    return entries;
  }

  /**
   * Takes the oldest entries out of memory until `maxBytes` are left at most. Nothing happens where they could not
   * be read back.
   *
   * @param upTo no entry above it is moved out
   */
  moveOut(maxBytes: number, upTo: number): void {
    const window = this.#window;
    if (window.bytes <= maxBytes || this.readOlder === undefined) return;
    const first = Math.min(window.firstWithin(maxBytes), upTo + 1);
    for (let index = window.first; index < first; index++) {
      const term = window.termAt(index);
      if (term !== this.#terms.at(-1)?.term) this.#terms.push({ from: index, term });
    }
    if (first > window.first) window.dropBelow(first);
  }

  snapshot(): RaftSnapshot {
    // Who cannot be given what was moved out has to wait for the first snapshot.
    if (this.#terms.length > 0 && (this.#snapshot.metadata?.index ?? 0) === 0) {
      throw new RaftError("SNAPSHOT_TEMPORARILY_UNAVAILABLE");
    }
    return this.#snapshot;
  }

  /**
   * Adds entries, replacing from the first of their indexes on; those already compacted are skipped.
   * A gap after the last entry breaks the node.
   */
  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const window = this.#window;
    // Those that were moved out are there, too.
    const skip = Math.max(0, window.first - entries[0]!.index);
    if (skip >= entries.length) return;
    const from = entries[skip]!.index;
    if (from > window.end) {
      broken(`missing log entry [last: ${this.lastIndex()}, append at: ${from}]`);
    }
    if (from < window.end) window.cutFrom(from);
    window.append(skip === 0 ? entries : entries.slice(skip));
  }

  /**
   * Replaces the whole log by a snapshot received from a leader. The snapshot is kept, not copied.
   *
   * @throws RaftError SNAPSHOT_OUT_OF_DATE when it is not newer than the one held
   */
  applySnapshot(snapshot: RaftSnapshot): void {
    const index = snapshot.metadata?.index ?? 0;
    const held = this.#snapshot.metadata?.index ?? 0;
    if (held !== 0 && held >= index) throw new RaftError("SNAPSHOT_OUT_OF_DATE");
    this.#snapshot = snapshot;
    this.#window.restart(index + 1);
    this.#first = index + 1;
    this.#terms = [];
    this.#compactedTerm = snapshot.metadata?.term ?? 0;
  }

  /**
   * Makes a snapshot of what was applied up to `index` and returns it; the log is kept (`compact`
   * shortens it).
   *
   * @param confState the configuration at `index`; the last snapshot's when left out
   * @param data the state machine at `index`; kept, not copied
   * @throws RaftError SNAPSHOT_OUT_OF_DATE when one at or above `index` exists
   */
  createSnapshot(index: number, confState: ConfState | undefined, data: Uint8Array): RaftSnapshot {
    const held = this.#snapshot.metadata;
    if (index <= (held?.index ?? 0)) throw new RaftError("SNAPSHOT_OUT_OF_DATE");
    if (index > this.lastIndex()) {
      broken(`snapshot ${index} is out of bound lastindex(${this.lastIndex()})`);
    }
    this.#snapshot = {
      data,
      metadata: {
        confState: confState ?? held?.confState ?? ConfState.create(),
        index,
        term: this.term(index),
      },
    };
    return this.#snapshot;
  }

  /**
   * Drops the entries up to and including `index`. It is the caller's duty not to compact what is
   * not yet applied.
   *
   * @throws RaftError COMPACTED when they are gone already
   */
  compact(index: number): void {
    if (index < this.#first) throw new RaftError("COMPACTED");
    if (index > this.lastIndex()) {
      broken(`compact ${index} is out of bound lastindex(${this.lastIndex()})`);
    }
    this.#compactedTerm = this.term(index);
    this.#first = index + 1;
    if (index >= this.#window.first) this.#window.dropBelow(index + 1);
    const begun = this.#terms.findLastIndex(({ from }) => from <= index);
    if (begun > 0) this.#terms = this.#terms.slice(begun);
    if (this.#window.first === this.#first) this.#terms = [];
  }
}

function emptySnapshot(): RaftSnapshot {
  return { data: NO_BYTES, metadata: { confState: ConfState.create(), index: 0, term: 0 } };
}
