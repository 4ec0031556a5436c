import { BitSet } from "./bit-set.ts";
import { Cursor } from "./cursor.ts";
import { BoltError } from "./errors.ts";
import { openChild } from "./nested-bucket.ts";
import { ELEMENT_SIZE, HEADER_WORDS, type Page, PAGE_HEADER_SIZE } from "./page.ts";
import type { TransactionState } from "./transaction-state.ts";
import type { Tree } from "./tree.ts";
import { nestedTrees, walkPages } from "./walk.ts";

/** What bbolt's `BucketStats` counts, of a bucket and all nested in it. Sizes in bytes. */
export interface BucketStats {
  branchPages: number;
  branchOverflowPages: number;
  leafPages: number;
  leafOverflowPages: number;
  /** Keys, nested buckets' names included. */
  keys: number;
  /** Levels of the deepest tree, nested ones standing on the leaf that names them. */
  depth: number;
  branchAllocated: number;
  branchUsed: number;
  leafAllocated: number;
  leafUsed: number;
  buckets: number;
  inlineBuckets: number;
  inlineBucketUsed: number;
}

/** Buckets by name with their number of plain keys. */
export interface BucketStructure {
  name: string;
  keys: number;
  buckets: BucketStructure[];
}

/** @param seen pages met so far: in a damaged file a walk could go on for ever */
export function statsOfTree(
  state: TransactionState,
  tree: Tree,
  seen: BitSet = new BitSet(),
): BucketStats {
  const stats = emptyStats();
  const nested = emptyStats();
  stats.buckets = 1;
  if (tree.rootPageId === 0) stats.inlineBuckets = 1;
  walkPages(tree, (page, depth) => {
    stats.depth = Math.max(stats.depth, depth + 1);
    if (page !== tree.inlinePage) requireUnseen(seen, page.id);
    if (!page.isLeaf) {
      stats.branchPages++;
      stats.branchUsed += usedBytes(page);
      stats.branchOverflowPages += page.overflow;
      return;
    }
    stats.keys += page.count;
    if (page === tree.inlinePage) {
      stats.inlineBucketUsed += usedBytes(page);
      return;
    }
    stats.leafPages++;
    stats.leafUsed += usedBytes(page);
    stats.leafOverflowPages += page.overflow;
    for (const child of nestedTrees(tree, page)) addStats(nested, statsOfTree(state, child, seen));
  });
  stats.branchAllocated = (stats.branchPages + stats.branchOverflowPages) * state.pageSize;
  stats.leafAllocated = (stats.leafPages + stats.leafOverflowPages) * state.pageSize;
  stats.depth += nested.depth;
  addStats(stats, nested);
  return stats;
}

/** To the end of the last element, whose data end where all data end. */
function usedBytes(page: Page): number {
  if (page.count === 0) return PAGE_HEADER_SIZE;
  const last = page.count - 1;
  const word = HEADER_WORDS + last * 4;
  const [first, second, third, fourth] = page.words.subarray(word, word + 4);
  const dataEnd = page.isLeaf ? second! + third! + fourth! : first! + second!;
  return PAGE_HEADER_SIZE + last * ELEMENT_SIZE + dataEnd;
}

function emptyStats(): BucketStats {
  return {
    branchPages: 0,
    branchOverflowPages: 0,
    leafPages: 0,
    leafOverflowPages: 0,
    keys: 0,
    depth: 0,
    branchAllocated: 0,
    branchUsed: 0,
    leafAllocated: 0,
    leafUsed: 0,
    buckets: 0,
    inlineBuckets: 0,
    inlineBucketUsed: 0,
  };
}

/** Sums, but the greater depth. */
export function addStats(into: BucketStats, other: BucketStats): void {
  const depth = Math.max(into.depth, other.depth);
  for (const field of Object.keys(into) as (keyof BucketStats)[]) into[field] += other[field];
  into.depth = depth;
}

/** Raises `CORRUPT` when two trees, or two places of one, share a page. */
function requireUnseen(seen: BitSet | Set<number>, pageId: number): void {
  if (seen.has(pageId)) throw new BoltError("CORRUPT", `page ${pageId}: multiple references`);
  seen.add(pageId);
}

/** @param seen root pages met so far */
export function inspectTree(
  state: TransactionState,
  tree: Tree,
  name: string,
  seen: Set<number> = new Set(),
): BucketStructure {
  if (tree.rootPageId !== 0) requireUnseen(seen, tree.rootPageId);
  const structure: BucketStructure = { name, keys: 0, buckets: [] };
  const cursor = new Cursor(state, tree);
  for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
    if (entry.value === undefined) {
      const child = openChild(state, tree, entry.key);
      if (child === undefined) continue;
      const childName = Buffer.from(entry.key).toString("utf8");
      structure.buckets.push(inspectTree(state, child, childName, seen));
    } else structure.keys++;
  }
  return structure;
}
