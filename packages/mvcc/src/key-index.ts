import { assert } from "@nodetcd/bytes";
import type { StoredKeyValue } from "./stored-key-value.ts";

/**
 * All revisions of one key that are not compacted yet, oldest first. The newest is in fields of its
 * own, since most keys have no other. A tombstone ends a *generation*: what follows it starts again
 * at version 1.
 *
 * put(1), put(2), tombstone(3), put(4), tombstone(5) on one key give
 *
 *     1, 2, 3t, 4, 5t
 *
 * A compaction at R leaves the newest revision at or below R and all above. A tombstone stays when
 * its revision is exactly R (a watcher that starts at R must still see it) and goes when below:
 *
 *     compact(2)    2, 3t, 4, 5t
 *     compact(3)    3t, 4, 5t
 *     compact(4)    4, 5t
 *     compact(5)    5t
 *     compact(6)    nothing: the key leaves the index
 *
 * Several changes of one transaction share the main revision and differ in the sub revision.
 * Invariant: (main, sub) grows strictly along the list.
 */
export class KeyIndex {
  /** The key, one character a byte. */
  readonly key: string;
  readonly hash: number;
  /** Newest revision. */
  main = 0;
  /** Sub revision of the newest; of a tombstone its complement `~sub`, which is negative. */
  sub = 0;
  /** Of the newest generation; meaningless after a tombstone. */
  createRevision = 0;
  version = 0;
  lease = 0n;
  /** Older revisions as pairs main, sub (a tombstone's sub as its complement). */
  history: number[] | undefined = undefined;
  /** The newest revision's value while the cache holds it. */
  stored: StoredKeyValue | undefined = undefined;
  chunk: Chunk | undefined = undefined;

  constructor(key: string, hash: number) {
    this.key = key;
    this.hash = hash;
  }

  /** The key exists at its newest revision. */
  get alive(): boolean {
    return this.sub >= 0;
  }
}

/** A run of neighbouring keys. */
export interface Chunk {
  /** In key order. */
  entries: KeyIndex[];
  /** How many of them exist at their newest revision. */
  alive: number;
  /** No entry has a revision above this one. */
  newestMain: number;
  /**
   * How many entries exist at revision `countedAt`, which is below `newestMain`; 0 when not counted. What
   * happened then changes no more: it holds until entries leave the chunk for another.
   */
  countedAt: number;
  counted: number;
}

/** Adds a revision; `sub` as its complement for a tombstone. */
export function addRevision(entry: KeyIndex, main: number, sub: number): void {
  const order = sub < 0 ? ~sub : sub;
  const newest = entry.sub < 0 ? ~entry.sub : entry.sub;
  assert(
    main > entry.main || (main === entry.main && order > newest),
    `addRevision: ${main}.${order} is not above ${entry.main}.${newest}`,
  );
  if (entry.main !== 0) {
    if (entry.history === undefined) entry.history = [entry.main, entry.sub];
    else entry.history.push(entry.main, entry.sub);
  }
  entry.main = main;
  entry.sub = sub;
}

/** What `findRevision` found, valid until its next call. */
export const found: { main: number; sub: number } = { main: 0, sub: 0 };

/**
 * Finds the newest revision at or below `atRevision` and leaves it in `found`.
 *
 * @returns false when there is none or it is a tombstone: the key did not exist then
 */
export function findRevision(entry: KeyIndex, atRevision: number): boolean {
  if (entry.main <= atRevision) {
    found.main = entry.main;
    found.sub = entry.sub;
    return entry.sub >= 0;
  }
  const history = entry.history;
  if (history === undefined) return false;
  const i = newestAtOrBelow(history, atRevision);
  if (i < 0) return false;
  found.main = history[i]!;
  found.sub = history[i + 1]!;
  return found.sub >= 0;
}

/** Position of the last pair whose main is at or below `atRevision`, or -2. */
function newestAtOrBelow(history: readonly number[], atRevision: number): number {
  let low = 0;
  let high = history.length >>> 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (history[middle * 2]! <= atRevision) low = middle + 1;
    else high = middle;
  }
  return (low - 1) * 2;
}

/**
 * Drops what a compaction at `atRevision` does not keep.
 *
 * @returns how many revisions at or below `atRevision` are left; check `isEmpty` after it
 */
export function compactRevisions(entry: KeyIndex, atRevision: number): number {
  const history = entry.history;
  const newestIsOld = entry.main <= atRevision;
  if (history === undefined) {
    if (!newestIsOld) return 0;
    if (entry.sub < 0 && entry.main < atRevision) clear(entry);
    return entry.main === 0 ? 0 : 1;
  }

  const newest = newestIsOld ? history.length : newestAtOrBelow(history, atRevision);
  const kept: number[] = [];
  for (let i = 0; i < newest; i += 2) {
    if (history[i] === atRevision && history[i + 1]! < 0) kept.push(history[i]!, history[i + 1]!);
  }
  if (newestIsOld) {
    entry.history = kept.length > 0 ? kept : undefined;
    if (entry.sub < 0 && entry.main < atRevision) clear(entry);
    return entry.main === 0 ? 0 : 1 + kept.length / 2;
  }
  if (newest >= 0 && (history[newest + 1]! >= 0 || history[newest] === atRevision)) {
    kept.push(history[newest]!, history[newest + 1]!);
  }
  const left = kept.length / 2;
  for (let i = Math.max(newest + 2, 0); i < history.length; i++) kept.push(history[i]!);
  entry.history = kept.length > 0 ? kept : undefined;
  return left;
}

function clear(entry: KeyIndex): void {
  entry.main = 0;
  entry.sub = 0;
  entry.history = undefined;
  entry.stored = undefined;
}

/** Nothing is left of the key: it has to leave the index. */
export function isEmpty(entry: KeyIndex): boolean {
  return entry.main === 0;
}

/** True when this very revision is in the list (`sub` as its complement for a tombstone). */
export function hasRevision(entry: KeyIndex, main: number, sub: number): boolean {
  if (entry.main === main && entry.sub === sub) return true;
  const history = entry.history;
  if (history === undefined) return false;
  for (let i = newestAtOrBelow(history, main); i >= 0 && history[i] === main; i -= 2) {
    if (history[i + 1] === sub) return true;
  }
  return false;
}
