import type { Entry, RaftSnapshot } from "@nodetcd/messages";
import { EntryWindow } from "./entry-window.ts";
import { NO_ENTRIES } from "./entry.ts";
import type { RaftLogger } from "./types.ts";

/**
 * The end of the log that storage does not hold for certain: a received snapshot and the entries
 * after it. What was handed out to be written is marked in progress, and stays until the write is
 * confirmed; several writes may be under way.
 *
 * ```
 *   storage ...  | offset      inProgressEnd           end
 *                | being written | not handed out yet  |
 * ```
 */
export class UnstableLog {
  readonly #window: EntryWindow;
  readonly #logger: RaftLogger | undefined;
  /** One above the last entry that is being written. Invariant: `offset <= inProgressEnd`. */
  #inProgressEnd: number;
  #snapshot: RaftSnapshot | undefined;
  #snapshotInProgress = false;

  /** @param offset index of the first entry that is not in storage */
  constructor(offset: number, logger: RaftLogger | undefined) {
    this.#window = new EntryWindow(offset);
    this.#inProgressEnd = offset;
    this.#logger = logger;
  }

  /** Index of the first entry that storage does not hold for certain. */
  get offset(): number {
    return this.#window.first;
  }

  get inProgressEnd(): number {
    return this.#inProgressEnd;
  }

  get length(): number {
    return this.#window.length;
  }

  /** The received snapshot that is not yet applied, being written or not. Borrowed. */
  get snapshot(): RaftSnapshot | undefined {
    return this.#snapshot;
  }

  /** First index of the whole log when a snapshot is here that replaces storage, else 0. */
  firstIndex(): number {
    return this.#snapshot === undefined ? 0 : snapshotIndex(this.#snapshot) + 1;
  }

  /** Last index of the whole log when it is known here, else 0. */
  lastIndex(): number {
    if (this.#window.length > 0) return this.#window.end - 1;
    return this.#snapshot === undefined ? 0 : snapshotIndex(this.#snapshot);
  }

  /** Term of the entry at `index` when it is known here, else 0. */
  term(index: number): number {
    if (index >= this.#window.first) {
      return index < this.#window.end ? this.#window.termAt(index) : 0;
    }
    const snapshot = this.#snapshot;
    return snapshot !== undefined && snapshotIndex(snapshot) === index
      ? (snapshot.metadata?.term ?? 0)
      : 0;
  }

  /** Entries `low` to `high - 1`, at least one, within `maxBytes`. A fresh array. */
  slice(low: number, high: number, maxBytes: number): Entry[] {
    return this.#window.slice(low, high, maxBytes);
  }

  /** True when there are entries that were not handed out to be written. */
  get hasNextEntries(): boolean {
    return this.#window.end > this.#inProgressEnd;
  }

  nextEntries(): Entry[] {
    if (!this.hasNextEntries) return NO_ENTRIES;
    return this.#window.slice(this.#inProgressEnd, this.#window.end, Infinity);
  }

  /** The snapshot, when it was not handed out to be written. */
  nextSnapshot(): RaftSnapshot | undefined {
    return this.#snapshotInProgress ? undefined : this.#snapshot;
  }

  /** Marks everything as handed out. */
  acceptInProgress(): void {
    if (this.#window.length > 0) this.#inProgressEnd = this.#window.end;
    if (this.#snapshot !== undefined) this.#snapshotInProgress = true;
  }

  /**
   * Entries up to this one are in storage: they leave. Nothing happens when the entry is gone or has
   * another term, because a newer leader replaced it while it was written.
   */
  stableTo(term: number, index: number): void {
    const window = this.#window;
    const here = this.term(index);
    if (here === 0) {
      this.#logger?.info(`entry at index ${index} missing from unstable log; ignoring`);
    } else if (index < window.first) {
      this.#logger?.info(`entry at index ${index} matched unstable snapshot; ignoring`);
    } else if (here !== term) {
      this.#logger?.info(
        `entry at (index,term)=(${index},${term}) mismatched with ` +
          `entry at (${index},${here}) in unstable log; ignoring`,
      );
    } else {
      window.dropBelow(index + 1);
      this.#inProgressEnd = Math.max(this.#inProgressEnd, window.first);
    }
  }

  /** The snapshot at `index` is applied: it leaves. */
  stableSnapshotTo(index: number): void {
    if (this.#snapshot !== undefined && snapshotIndex(this.#snapshot) === index) {
      this.#snapshot = undefined;
      this.#snapshotInProgress = false;
    }
  }

  /** A snapshot takes the place of everything. It is kept, not copied. */
  restore(snapshot: RaftSnapshot): void {
    this.#window.restart(snapshotIndex(snapshot) + 1);
    this.#inProgressEnd = this.#window.first;
    this.#snapshot = snapshot;
    this.#snapshotInProgress = false;
  }

  /** Appends, after cutting off whatever is at or above the index of the first of the entries. */
  truncateAndAppend(entries: readonly Entry[]): void {
    const window = this.#window;
    const from = entries[0]!.index;
    if (from === window.end) {
      window.append(entries);
      return;
    }
    if (from <= window.first) {
      this.#logger?.info(`replace the unstable entries from index ${from}`);
      window.restart(from);
      this.#inProgressEnd = from;
    } else {
      this.#logger?.info(`truncate the unstable entries before index ${from}`);
      window.cutFrom(from);
      this.#inProgressEnd = Math.min(this.#inProgressEnd, from);
    }
    window.append(entries);
  }
}

/** Index of the last entry that a snapshot stands for. */
export function snapshotIndex(snapshot: RaftSnapshot): number {
  return snapshot.metadata?.index ?? 0;
}
