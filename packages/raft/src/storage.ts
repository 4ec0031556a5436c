import type { ConfState, Entry, HardState, RaftSnapshot } from "@nodetcd/messages";

/**
 * What the node reads of its own stable log. The caller writes it, when a `Ready` says so; the node
 * only reads, and keeps what is not yet stable itself.
 *
 * All methods answer at once: an implementation over a disk keeps in memory what it must answer.
 * Errors other than those named here leave the node unusable: stop it and start again from storage.
 */
export interface Storage {
  /** Read once, at the start: what was last persisted. A fresh storage has all fields at zero. */
  initialState(): { readonly hardState: HardState; readonly confState: ConfState };

  /**
   * Entries `low` to `high - 1`, in order, as a fresh array of entries that nobody changes.
   * May stop early so that the entries' encoded size stays within `maxBytes` (see `entrySize`), but
   * returns at least one. `maxBytes` may be `Infinity`.
   *
   * @throws RaftError COMPACTED when `low` is compacted: the node sends a snapshot instead
   * @throws RaftError UNAVAILABLE when one is missing: the node stops, its log has a hole
   */
  entries(low: number, high: number, maxBytes: number): Entry[];

  /**
   * Term of the entry at `index`, from `firstIndex() - 1` (kept for matching, although that entry
   * may be gone) to `lastIndex()`.
   *
   * @throws RaftError COMPACTED below that range, UNAVAILABLE above it
   */
  term(index: number): number;

  /** Index of the first entry that `entries` can give: one above the newest snapshot or compaction. */
  firstIndex(): number;

  /** Index of the last entry; `firstIndex() - 1` when there is none. */
  lastIndex(): number;

  /**
   * The newest snapshot, for a follower that needs what is compacted. Borrowed: nobody changes it.
   *
   * @throws RaftError SNAPSHOT_TEMPORARILY_UNAVAILABLE while it is being made; the node asks again
   */
  snapshot(): RaftSnapshot;
}
