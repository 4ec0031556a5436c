import { type Chunk, findRevision, KeyIndex } from "./key-index.ts";
import { KeyTable } from "./key-table.ts";
import { CHUNK_KEYS } from "./limits.ts";
import { keyText } from "./stored-key-value.ts";

/** An empty chunk. */
export function newChunk(entries: KeyIndex[], newestMain: number): Chunk {
  return { entries, alive: 0, newestMain, countedAt: 0, counted: 0 };
}

/**
 * Every key that has a revision: by its bytes through a hash table, in order through a list of
 * chunks of up to 256 keys. Two levels do where a B-tree has four: the list of a million keys has
 * some 6,000 chunks, and inserting into it moves 48 KB of pointers once in a hundred new keys.
 *
 * Invariant: `#lows[i]` is at or below the first key of chunk i and above the last key of chunk
 * i - 1; `#lows[0]` is "".
 */
export class TreeIndex {
  readonly #table: KeyTable;
  readonly #chunks: Chunk[];
  readonly #lows: string[];
  #alive = 0;
  #size = 0;

  /**
   * @param table the keys of `chunks`, by their bytes
   * @param chunks in order, none empty; owned from now on. See `TreeBuilder`
   */
  constructor(table: KeyTable, chunks: Chunk[] = []) {
    this.#table = table;
    this.#chunks = chunks.length > 0 ? chunks : [newChunk([], 0)];
    this.#lows = this.#chunks.map((chunk, i) => (i === 0 ? "" : chunk.entries[0]!.key));
    for (const { entries, alive } of chunks) {
      this.#size += entries.length;
      this.#alive += alive;
    }
  }

  /** Keys that exist now. */
  get alive(): number {
    return this.#alive;
  }

  /** Keys with any revision, deleted ones included. */
  get size(): number {
    return this.#size;
  }

  /** The entry of a borrowed key, also of a deleted one. */
  get(key: Uint8Array): KeyIndex | undefined {
    return this.#table.get(key, this.#table.hash(key));
  }

  /** The entry of a borrowed key; a new one has no revision until `touch`. */
  getOrAdd(key: Uint8Array): KeyIndex {
    const hash = this.#table.hash(key);
    const existing = this.#table.get(key, hash);
    if (existing !== undefined) return existing;
    const entry = new KeyIndex(keyText(key), hash);
    this.#table.add(entry);
    this.#insert(entry);
    this.#size++;
    return entry;
  }

  /** Accounts for a change of the entry's newest revision; `wasAlive` is how it was before. */
  touch(entry: KeyIndex, wasAlive: boolean): void {
    const chunk = entry.chunk!;
    if (chunk.newestMain < entry.main) chunk.newestMain = entry.main;
    if (entry.alive === wasAlive) return;
    const change = wasAlive ? -1 : 1;
    chunk.alive += change;
    this.#alive += change;
  }

  /** Takes out an entry whose revisions are all gone; it must not count as alive. */
  remove(entry: KeyIndex): void {
    this.#table.remove(entry);
    const at = this.#chunkAt(entry.key);
    const chunk = this.#chunks[at]!;
    chunk.entries.splice(lowerBound(chunk.entries, entry.key), 1);
    entry.chunk = undefined;
    this.#size--;
    if (chunk.entries.length < CHUNK_KEYS / 4) this.#mergeWithNext(at);
  }

  /**
   * Appends to `into` the entries in [start, end) that exist at `atRevision`, in order, until it
   * has `limit` of them (0: no limit). `end` undefined is the end of the key space.
   */
  collect(
    start: string,
    end: string | undefined,
    atRevision: number,
    limit: number,
    into: KeyIndex[],
  ): void {
    let at = this.#chunkAt(start);
    let from = lowerBound(this.#chunks[at]!.entries, start);
    for (; at < this.#chunks.length; at++, from = 0) {
      const { entries } = this.#chunks[at]!;
      const to = endWithin(entries, end);
      for (let i = from; i < to; i++) {
        const entry = entries[i]!;
        if (entry.main <= atRevision ? entry.sub >= 0 : findRevision(entry, atRevision)) {
          into.push(entry);
          if (into.length === limit) return;
        }
      }
      if (to < entries.length) return;
    }
  }

  /** How many keys of [start, end) exist at `atRevision`. */
  count(start: string, end: string | undefined, atRevision: number): number {
    return this.countSome(start, end, atRevision, Infinity).count;
  }

  /**
   * Counts as `count` does, but ends when it has looked at `keys` keys or more; `next` is where the rest
   * begins, undefined when there is none. Whole chunks are not walked but for the first time that they
   * are counted at a revision below their newest one; not walked is looked at one key.
   */
  countSome(
    start: string,
    end: string | undefined,
    atRevision: number,
    keys: number,
  ): { count: number; next: string | undefined } {
    let at = this.#chunkAt(start);
    let from = lowerBound(this.#chunks[at]!.entries, start);
    let count = 0;
    let looked = 0;
    for (; at < this.#chunks.length; at++, from = 0) {
      if (looked >= keys) return { count, next: this.#lows[at] };
      const chunk = this.#chunks[at]!;
      const to = endWithin(chunk.entries, end);
      const whole = from === 0 && to === chunk.entries.length;
      if (whole && chunk.newestMain <= atRevision) {
        count += chunk.alive;
        looked++;
      } else if (whole && chunk.countedAt === atRevision) {
        count += chunk.counted;
        looked++;
      } else {
        const existing = countBetween(chunk.entries, from, to, atRevision);
        count += existing;
        looked += to - from;
        if (whole) {
          chunk.countedAt = atRevision;
          chunk.counted = existing;
        }
      }
      if (to < chunk.entries.length) break;
    }
    return { count, next: undefined };
  }

  /** True when there are more than `keys` entries in [start, end), deleted ones included. */
  spansMoreThan(start: string, end: string | undefined, keys: number): boolean {
    let at = this.#chunkAt(start);
    let left = keys + lowerBound(this.#chunks[at]!.entries, start);
    for (; at < this.#chunks.length; at++) {
      const { entries } = this.#chunks[at]!;
      const next = this.#lows[at + 1];
      const isLast = next === undefined || (end !== undefined && next >= end);
      left -= isLast ? endWithin(entries, end) : entries.length;
      if (left < 0) return true;
      if (isLast) return false;
    }
    return false;
  }

  /**
   * The entries of [start, end) in the chunk of `start`: positions `from` to `to` of `entries`; and where
   * the next chunk begins, undefined when it would be beyond the end. Lets long work stop and go on by key,
   * whatever happened to the chunks in between. The list is borrowed: copy before removing.
   */
  chunkFrom(
    start: string,
    end?: string,
  ): {
    entries: readonly KeyIndex[];
    from: number;
    to: number;
    next: string | undefined;
  } {
    const at = this.#chunkAt(start);
    const { entries } = this.#chunks[at]!;
    const next = this.#lows[at + 1];
    return {
      entries,
      from: lowerBound(entries, start),
      to: endWithin(entries, end),
      next: next === undefined || (end !== undefined && next >= end) ? undefined : next,
    };
  }

  #chunkAt(key: string): number {
    const lows = this.#lows;
    let low = 0;
    let high = lows.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (lows[middle]! <= key) low = middle;
      else high = middle;
    }
    return low;
  }

  #insert(entry: KeyIndex): void {
    const at = this.#chunkAt(entry.key);
    const chunk = this.#chunks[at]!;
    const { entries } = chunk;
    entry.chunk = chunk;
    const position = lowerBound(entries, entry.key);
    if (position === entries.length) entries.push(entry);
    else entries.splice(position, 0, entry);
    if (entries.length > CHUNK_KEYS) this.#split(at, position === entries.length - 1);
  }

  /** After an insertion at the end most of the chunk stays: keys in ascending order fill chunks. */
  #split(at: number, ascending: boolean): void {
    const chunk = this.#chunks[at]!;
    const middle = ascending ? CHUNK_KEYS - 8 : CHUNK_KEYS >>> 1;
    const moved = chunk.entries.splice(middle);
    const right = newChunk(moved, chunk.newestMain);
    chunk.countedAt = 0;
    for (const entry of moved) {
      entry.chunk = right;
      if (entry.main !== 0 && entry.alive) right.alive++;
    }
    chunk.alive -= right.alive;
    this.#chunks.splice(at + 1, 0, right);
    this.#lows.splice(at + 1, 0, moved[0]!.key);
  }

  #mergeWithNext(at: number): void {
    const left = this.#chunks[at]!;
    const right = this.#chunks[at + 1];
    if (right === undefined || left.entries.length + right.entries.length > CHUNK_KEYS / 2) {
      if (left.entries.length > 0 || at === 0) return;
      this.#chunks.splice(at, 1);
      this.#lows.splice(at, 1);
      return;
    }
    for (const entry of right.entries) {
      entry.chunk = left;
      left.entries.push(entry);
    }
    left.alive += right.alive;
    left.newestMain = Math.max(left.newestMain, right.newestMain);
    left.countedAt = 0;
    this.#chunks.splice(at + 1, 1);
    this.#lows.splice(at + 1, 1);
  }
}

/** How many entries at positions `from` to `to` exist at `atRevision`. */
function countBetween(
  entries: readonly KeyIndex[],
  from: number,
  to: number,
  atRevision: number,
): number {
  let count = 0;
  for (let i = from; i < to; i++) if (findRevision(entries[i]!, atRevision)) count++;
  return count;
}

/** Position of the first entry at or above `key`. */
function lowerBound(entries: readonly KeyIndex[], key: string): number {
  const count = entries.length;
  if (count === 0 || entries[count - 1]!.key < key) return count;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Position after the last entry below `end`. */
function endWithin(entries: readonly KeyIndex[], end: string | undefined): number {
  return end === undefined ? entries.length : lowerBound(entries, end);
}
