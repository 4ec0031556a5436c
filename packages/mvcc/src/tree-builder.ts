import { type Chunk, KeyIndex } from "./key-index.ts";
import { KeyTable } from "./key-table.ts";
import { CHUNK_KEYS } from "./limits.ts";
import { keyText } from "./stored-key-value.ts";
import { newChunk, TreeIndex } from "./tree-index.ts";

/** Keys of one bucket, on average: sorting it takes about a millisecond. */
const BUCKET_KEYS = 1024;
/** Keys looked at for each border between buckets. */
const SAMPLES_PER_BUCKET = 8;
/** Keys that are put into buckets between two pauses. */
const PAUSE_KEYS = 2048;
/** Keys of a new chunk; the rest of its room is for keys to come. */
const FILL_KEYS: number = (CHUNK_KEYS * 3) / 4;

/**
 * Makes an index of keys that come in any order: they are found by their bytes at once and sorted
 * when all are there. A sample sort: borders from a sample, keys into buckets, each bucket by itself;
 * nothing in it takes long, and it touches far less memory than putting each key in its place.
 */
export class TreeBuilder {
  readonly #table: KeyTable;
  readonly #entries: KeyIndex[] = [];

  constructor(seed: number) {
    this.#table = new KeyTable(seed);
  }

  /** The entry of a borrowed key; a new one has no revision, and must have one by `finish`. */
  getOrAdd(key: Uint8Array): KeyIndex {
    const hash = this.#table.hash(key);
    const existing = this.#table.get(key, hash);
    if (existing !== undefined) return existing;
    const entry = new KeyIndex(keyText(key), hash);
    this.#table.add(entry);
    this.#entries.push(entry);
    return entry;
  }

  /** Returns the index; every `yield` on the way, some 2 ms apart, is a chance to rest. */
  *finish(): Generator<void, TreeIndex> {
    const borders = sampleBorders(this.#entries);
    const buckets = yield* distribute(this.#entries, borders);
    const chunks: Chunk[] = [];
    for (const bucket of buckets) {
      bucket.sort((a, b) => (a.key < b.key ? -1 : 1));
      appendChunks(bucket, chunks);
      yield;
    }
    return new TreeIndex(this.#table, chunks);
  }
}

/** Keys in ascending order that divide the entries into buckets of about the same size. */
function sampleBorders(entries: readonly KeyIndex[]): string[] {
  const buckets = Math.ceil(entries.length / BUCKET_KEYS);
  const step = Math.max(1, Math.floor(entries.length / (buckets * SAMPLES_PER_BUCKET)));
  const sample: string[] = [];
  for (let i = 0; i < entries.length; i += step) sample.push(entries[i]!.key);
  sample.sort((a, b) => (a < b ? -1 : 1));
  return sample.filter((_, i) => i > 0 && i % SAMPLES_PER_BUCKET === 0);
}

/** Bucket i gets the keys from border i - 1 on and below border i. */
function* distribute(
  entries: readonly KeyIndex[],
  borders: readonly string[],
): Generator<void, KeyIndex[][]> {
  const buckets: KeyIndex[][] = Array.from({ length: borders.length + 1 }, () => []);
  for (let from = 0; from < entries.length; from += PAUSE_KEYS) {
    for (const entry of entries.slice(from, from + PAUSE_KEYS)) {
      let low = 0;
      let high = borders.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (borders[middle]! <= entry.key) low = middle + 1;
        else high = middle;
      }
      buckets[low]!.push(entry);
    }
    yield;
  }
  return buckets;
}

function appendChunks(sorted: readonly KeyIndex[], chunks: Chunk[]): void {
  for (let from = 0; from < sorted.length; from += FILL_KEYS) {
    const chunk = newChunk(sorted.slice(from, from + FILL_KEYS), 0);
    for (const entry of chunk.entries) {
      entry.chunk = chunk;
      if (entry.alive) chunk.alive++;
      if (entry.main > chunk.newestMain) chunk.newestMain = entry.main;
    }
    chunks.push(chunk);
  }
}
