import { compareBytes } from "@nodetcd/bytes";
import type { PendingBucket } from "./pending-bucket.ts";

/** A sorted sequence of pairs; `key` is undefined at its end. Both are borrowed. */
export interface SortedSource {
  readonly key: Uint8Array | undefined;
  /** Undefined: the key is deleted, whatever older sources say. */
  readonly value: Uint8Array | undefined;
  advance(): void;
}

/** The part of a pending bucket from `start` on. The bucket must not change while this is used. */
export class PendingSource implements SortedSource {
  readonly #bucket: PendingBucket;
  #at: number;

  constructor(bucket: PendingBucket, start: Uint8Array) {
    this.#bucket = bucket;
    this.#at = bucket.lowerBound(start);
  }

  get key(): Uint8Array | undefined {
    return this.#bucket.keys[this.#at];
  }

  get value(): Uint8Array | undefined {
    return this.#bucket.values[this.#at];
  }

  advance(): void {
    this.#at++;
  }
}

export type Visit = (key: Uint8Array, value: Uint8Array) => boolean | void;

/**
 * Visits the pairs below `end` of several sources, newest source first, as if they were one: where
 * sources have the same key the first of them speaks, and a deletion hides the key.
 *
 * @param end exclusive; undefined goes to the end
 * @param limit most pairs to visit; 0 for all
 */
export function mergeRange(
  sources: readonly SortedSource[],
  end: Uint8Array | undefined,
  limit: number,
  visit: Visit,
): void {
  for (let visited = 0; ;) {
    const newest = smallest(sources);
    const key = newest?.key;
    if (newest === undefined || key === undefined) return;
    if (end !== undefined && compareBytes(key, end) >= 0) return;
    const { value } = newest;
    for (const source of sources) {
      if (source.key !== undefined && compareBytes(source.key, key) === 0) source.advance();
    }
    if (value === undefined) continue;
    if (visit(key, value) === false) return;
    if (++visited === limit) return;
  }
}

/** The first source among those with the smallest key. */
function smallest(sources: readonly SortedSource[]): SortedSource | undefined {
  let best: SortedSource | undefined;
  for (const source of sources) {
    if (source.key === undefined) continue;
    if (best?.key === undefined || compareBytes(source.key, best.key) < 0) best = source;
  }
  return best;
}
