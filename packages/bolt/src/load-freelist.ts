import { BitSet } from "./bit-set.ts";
import type { Span } from "./free-spans.ts";
import type { Meta } from "./meta.ts";
import type { PageSource } from "./page.ts";
import type { PageCache } from "./page-cache.ts";
import { readFreelistPage } from "./page-freelist.ts";
import { Tree } from "./tree.ts";
import { markReachable } from "./walk.ts";

/** The freelist as a committed state stores it. */
export interface StoredFreelist {
  /** Free pages, and those that were pending, as the file has them. */
  readonly ids: Float64Array;
  /** Pages after its first. */
  readonly overflow: number;
}

/** Undefined when the state stores none. Raises `CORRUPT`. */
export function readStoredFreelist(cache: PageCache, meta: Meta): StoredFreelist | undefined {
  if (meta.freelistPageId === undefined) return undefined;
  const page = cache.freelistPage(meta.freelistPageId, meta.highWater);
  return { ids: readFreelistPage(page), overflow: page.overflow };
}

/**
 * Every page that no tree of a committed state uses, found by reading all trees; long values are passed over.
 * Yields after each page.
 *
 * @param filePages pages in the file: fewer than the high-water mark says if it was cut short
 */
export function* findFreePages(
  cache: PageCache,
  meta: Meta,
  filePages: number,
): Generator<void, Span[]> {
  const { rootPageId, highWater, pageSize } = meta;
  const end = Math.min(highWater, filePages);
  const reachable = new BitSet();
  const heads: PageSource = { pageSize, page: (id) => cache.head(id, highWater) };
  yield* markReachable(new Tree(heads, rootPageId, 0n), (id) => {
    if (reachable.has(id)) return false;
    reachable.add(id);
    return true;
  });
  const spans: Span[] = [];
  for (let id = 2; id < end; id++) {
    if (reachable.has(id)) continue;
    const start = id;
    while (id + 1 < end && !reachable.has(id + 1)) id++;
    spans.push({ start, length: id + 1 - start });
    yield;
  }
  return spans;
}
