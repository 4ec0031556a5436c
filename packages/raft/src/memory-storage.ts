import { HardState, ConfState, NO_BYTES, type Entry, type RaftSnapshot } from "@nodetcd/messages";
import { EntryWindow } from "./entry-window.ts";
import { broken, RaftError } from "./errors.ts";
import type { Storage } from "./storage.ts";

/**
 * A log in memory. With it a write-ahead log on disk becomes a `Storage`: load it at the start, and
 * append to both whatever a `Ready` brings.
 */
export class MemoryStorage implements Storage {
  #hardState: HardState = HardState.create();
  #snapshot: RaftSnapshot = emptySnapshot();
  /** Entries above `#compactedIndex`. */
  readonly #window = new EntryWindow(1);
  /** Term of the last entry that is compacted or in the snapshot; its index is `first - 1`. */
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
    return this.#window.first;
  }

  lastIndex(): number {
    return this.#window.end - 1;
  }

  term(index: number): number {
    const first = this.#window.first;
    if (index >= first) {
      if (index >= this.#window.end) throw new RaftError("UNAVAILABLE");
      return this.#window.termAt(index);
    }
    if (index < first - 1) throw new RaftError("COMPACTED");
    return this.#compactedTerm;
  }

  entries(low: number, high: number, maxBytes: number): Entry[] {
    if (low < this.#window.first) throw new RaftError("COMPACTED");
    if (high > this.#window.end) {
      broken(`entries' hi(${high}) is out of bound lastindex(${this.lastIndex()})`);
    }
    if (this.#window.length === 0) throw new RaftError("UNAVAILABLE");
    return this.#window.slice(low, high, maxBytes);
  }

  snapshot(): RaftSnapshot {
    return this.#snapshot;
  }

  /**
   * Adds entries, replacing from the first of their indexes on; those already compacted are skipped.
   * A gap after the last entry breaks the node.
   */
  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const window = this.#window;
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
    if (index < this.#window.first) throw new RaftError("COMPACTED");
    if (index > this.lastIndex()) {
      broken(`compact ${index} is out of bound lastindex(${this.lastIndex()})`);
    }
    this.#compactedTerm = this.#window.termAt(index);
    this.#window.dropBelow(index + 1);
  }
}

function emptySnapshot(): RaftSnapshot {
  return { data: NO_BYTES, metadata: { confState: ConfState.create(), index: 0, term: 0 } };
}
