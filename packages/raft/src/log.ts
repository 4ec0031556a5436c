import type { Entry, RaftSnapshot } from "@nodetcd/messages";
import { NO_ENTRIES } from "./entry.ts";
import { broken, isRaftError } from "./errors.ts";
import { snapshotIndex, UnstableLog } from "./log-unstable.ts";
import { readLog } from "./log-read.ts";
import type { Storage } from "./storage.ts";
import type { RaftLogger } from "./types.ts";

/** In place of a term: the entry is compacted, or beyond the end. No entry has this term. */
export const UNKNOWN_TERM = -1;

/**
 * The whole log: what is unstable on top of storage, and how far it is committed and applied.
 *
 * Invariants: `applied <= applying <= committed <= lastIndex`.
 */
export class RaftLog {
  readonly storage: Storage;
  readonly unstable: UnstableLog;
  readonly #logger: RaftLogger | undefined;
  readonly #maxApplyingBytes: number;
  /** Bytes of the entries that were given out to be applied and are not yet acknowledged. */
  #applyingBytes = 0;
  /** Nothing more is given out until some of it is acknowledged. */
  #applyingPaused = false;
  /** Highest index known to be held by a quorum. */
  committed: number;
  /** Highest index that was given out to be applied. */
  applying: number;
  /** Highest index that is applied. */
  applied: number;

  constructor(storage: Storage, maxApplyingBytes: number, logger: RaftLogger | undefined) {
    this.storage = storage;
    this.unstable = new UnstableLog(storage.lastIndex() + 1, logger);
    this.#maxApplyingBytes = maxApplyingBytes;
    this.#logger = logger;
    const compacted = storage.firstIndex() - 1;
    this.committed = compacted;
    this.applying = compacted;
    this.applied = compacted;
  }

  firstIndex(): number {
    return this.unstable.firstIndex() || this.storage.firstIndex();
  }

  lastIndex(): number {
    return this.unstable.lastIndex() || this.storage.lastIndex();
  }

  /** Term of the last entry, or of the snapshot that the log begins after. */
  lastTerm(): number {
    const term = this.term(this.lastIndex());
    if (term === UNKNOWN_TERM) broken(`the last term, at ${this.lastIndex()}, is not known`);
    return term;
  }

  /** Term of the entry at `index`; `UNKNOWN_TERM` when it is compacted or beyond the end. */
  term(index: number): number {
    const term = this.unstable.term(index);
    if (term !== 0) return term;
    // One below the first index the term is still known, to match appends with.
    if (index + 1 < this.firstIndex() || index > this.lastIndex()) return UNKNOWN_TERM;
    try {
      return this.storage.term(index);
    } catch (error) {
      if (isRaftError(error, "COMPACTED") || isRaftError(error, "UNAVAILABLE")) return UNKNOWN_TERM;
      throw error;
    }
  }

  /** True when the log has an entry of this term at this index. */
  matches(term: number, index: number): boolean {
    return this.term(index) === term;
  }

  /** True when a log that ends with this entry has all that this one has (paper, section 5.4.1). */
  isUpToDate(term: number, index: number): boolean {
    const lastTerm = this.lastTerm();
    return term > lastTerm || (term === lastTerm && index >= this.lastIndex());
  }

  /**
   * Entries from `from` to the end, at least one, within `maxBytes`; none when `from` is beyond the
   * end; `undefined` when it is compacted.
   */
  entriesFrom(from: number, maxBytes: number): Entry[] | undefined {
    const last = this.lastIndex();
    if (from > last) return NO_ENTRIES;
    return readLog(this, from, last + 1, maxBytes);
  }

  /** Entries `low` to `high - 1`, at least one, within `maxBytes`; `undefined` when compacted. */
  slice(low: number, high: number, maxBytes: number): Entry[] | undefined {
    return readLog(this, low, high, maxBytes);
  }

  /** Appends and returns the last index. The entries belong to the log now. */
  append(entries: readonly Entry[]): number {
    if (entries.length === 0) return this.lastIndex();
    const after = entries[0]!.index - 1;
    if (after < this.committed) {
      broken(`after(${after}) is out of range [committed(${this.committed})]`);
    }
    this.unstable.truncateAndAppend(entries);
    return this.lastIndex();
  }

  /**
   * Appends what a leader sent to follow on an entry of `previousTerm` at `previousIndex`, cutting
   * off a tail that conflicts, and commits up to `committed` (paper, figure 2, AppendEntries 2-5).
   *
   * @returns the last of the leader's indexes, or -1 when the log does not hold the previous entry
   */
  maybeAppend(
    previousTerm: number,
    previousIndex: number,
    entries: readonly Entry[],
    committed: number,
  ): number {
    if (!this.matches(previousTerm, previousIndex)) return -1;
    const lastNew = previousIndex + entries.length;
    const fresh = this.#firstNew(entries);
    if (fresh < entries.length) {
      const index = entries[fresh]!.index;
      if (index <= this.committed) {
        broken(`entry ${index} conflict with committed entry [committed(${this.committed})]`);
      }
      this.append(fresh === 0 ? entries : entries.slice(fresh));
    }
    this.commitTo(Math.min(committed, lastNew));
    return lastNew;
  }

  /** Position of the first entry that the log does not have; their number when it has all. */
  #firstNew(entries: readonly Entry[]): number {
    const last = this.lastIndex();
    for (let i = 0; i < entries.length; i++) {
      const { term, index } = entries[i]!;
      if (index > last) return i;
      const existing = this.term(index);
      if (existing === term) continue;
      this.#logger?.info(
        `found conflict at index ${index} ` +
          `[existing term: ${Math.max(existing, 0)}, conflicting term: ${term}]`,
      );
      return i;
    }
    return entries.length;
  }

  /**
   * The highest index at or below `index` whose term does not exceed `term`: the best guess where two
   * logs can still agree. With an index whose term is unknown the term is 0.
   */
  findConflictByTerm(index: number, term: number): { index: number; term: number } {
    for (let at = index; at > 0; at--) {
      const own = this.term(at);
      if (own === UNKNOWN_TERM) return { index: at, term: 0 };
      if (own <= term) return { index: at, term: own };
    }
    return { index: 0, term: 0 };
  }

  /** Raises the commit index; never lowers it. */
  commitTo(index: number): void {
    if (this.committed >= index) return;
    const last = this.lastIndex();
    if (last < index) {
      broken(
        `tocommit(${index}) is out of range [lastIndex(${last})]. ` +
          `Was the raft log corrupted, truncated, or lost?`,
      );
    }
    this.committed = index;
  }

  /** A snapshot takes the place of the whole log. */
  restore(snapshot: RaftSnapshot): void {
    if (this.#logger !== undefined) {
      const { index, term } = snapshot.metadata!;
      this.#logger.info(
        `log [${this.toString()}] starts to restore snapshot [index: ${index}, term: ${term}]`,
      );
    }
    this.committed = snapshotIndex(snapshot);
    this.unstable.restore(snapshot);
  }

  /** True when entries can be given out to be applied. @see nextCommitted */
  hasNextCommitted(allowUnstable: boolean): boolean {
    // A snapshot that is not applied comes before whatever follows it.
    if (this.#applyingPaused || this.unstable.snapshot !== undefined) return false;
    return this.applying < this.#maxAppliable(allowUnstable);
  }

  /**
   * Committed entries that were not given out yet, within the bound on what is being applied.
   *
   * @param allowUnstable also those whose local write is not confirmed
   */
  nextCommitted(allowUnstable: boolean): Entry[] {
    if (!this.hasNextCommitted(allowUnstable)) return NO_ENTRIES;
    const low = this.applying + 1;
    const high = this.#maxAppliable(allowUnstable) + 1;
    const entries = this.slice(low, high, this.#maxApplyingBytes - this.#applyingBytes);
    return entries ?? broken(`unapplied entries [${low},${high}) are compacted`);
  }

  /** Notes that entries up to `index`, of `bytes` together, were given out to be applied. */
  acceptApplying(index: number, bytes: number, allowUnstable: boolean): void {
    if (this.committed < index) {
      broken(
        `applying(${index}) is out of range ` +
          `[prevApplying(${this.applying}), committed(${this.committed})]`,
      );
    }
    this.applying = index;
    this.#applyingBytes += bytes;
    // Less was given out than there is: the next entry would go over the bound.
    this.#applyingPaused =
      this.#applyingBytes >= this.#maxApplyingBytes || index < this.#maxAppliable(allowUnstable);
  }

  /** Notes that entries up to `index`, of `bytes` together, are applied. */
  appliedTo(index: number, bytes: number): void {
    if (this.committed < index || index < this.applied) {
      broken(
        `applied(${index}) is out of range ` +
          `[prevApplied(${this.applied}), committed(${this.committed})]`,
      );
    }
    this.applied = index;
    this.applying = Math.max(this.applying, index);
    this.#applyingBytes = Math.max(this.#applyingBytes - bytes, 0);
    this.#applyingPaused = this.#applyingBytes >= this.#maxApplyingBytes;
  }

  toString(): string {
    const { offset, inProgressEnd, length } = this.unstable;
    return (
      `committed=${this.committed}, applied=${this.applied}, applying=${this.applying}, ` +
      `unstable.offset=${offset}, unstable.offsetInProgress=${inProgressEnd}, ` +
      `len(unstable.Entries)=${length}`
    );
  }

  #maxAppliable(allowUnstable: boolean): number {
    if (allowUnstable) return this.committed;
    return Math.min(this.committed, this.unstable.offset - 1);
  }
}
