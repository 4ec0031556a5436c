import { BoltError } from "./errors.ts";
import { DEFAULT_FILL_PERCENT, MAX_BUCKET_DEPTH, MAX_TREE_DEPTH } from "./limits.ts";
import { type BranchNode, childAt, keyAt, type LeafNode, type Node, nodeFromPage } from "./node.ts";
import { ELEMENT_SIZE, LEAF_PAGE, Page, PAGE_HEADER_SIZE, type PageSource } from "./page.ts";
import { branchChild, branchKey } from "./page-branch.ts";
import { leafDefect } from "./page-leaf.ts";
import { checkPlace } from "./page-order.ts";

/** Bytes in front of a nested bucket's value: root page id u64, sequence u64. */
export const BUCKET_HEADER_SIZE = 16;

/**
 * The B+tree of one bucket as one transaction sees it. In a write transaction the part that was
 * changed hangs together as nodes from `rootNode` down; below the last node are pages.
 */
export class Tree {
  readonly source: PageSource;
  /** 0 when the bucket is stored inline, in its parent's value. */
  rootPageId: number;
  sequence: bigint;
  /** Buckets that it is nested in: 0 for the one that holds the top-level buckets. */
  depth: number;
  /** The page of an inline bucket, a copy. */
  inlinePage: Page | undefined;
  rootNode: Node | undefined;
  /** How full a split leaves the first page, 0.1 to 1. Not stored. */
  fillPercent: number = DEFAULT_FILL_PERCENT;
  /** Nested buckets that this write transaction opened, by name as latin1. */
  readonly children: Map<string, Tree> = new Map();
  /** Counts changes, so that cursors notice. */
  changes = 0;
  /** The leaf that was changed last, and the keys it holds: from `low`, below `high`. */
  recentLeaf: LeafNode | undefined;
  recentLow: Uint8Array | undefined;
  recentHigh: Uint8Array | undefined;

  constructor(source: PageSource, rootPageId: number, sequence: bigint, depth = 0) {
    this.source = source;
    this.rootPageId = rootPageId;
    this.sequence = sequence;
    this.depth = depth;
  }
}

/** The root as this transaction sees it. */
export function treeRoot(tree: Tree): Node | Page {
  return tree.rootNode ?? rootPage(tree);
}

function rootPage(tree: Tree): Page {
  if (tree.inlinePage !== undefined) return tree.inlinePage;
  const page = tree.source.page(tree.rootPageId);
  if (page.placedUnder === 0 && page.count > 0) {
    checkPlace(tree.source, page, new Uint8Array(0), undefined);
    page.placedUnder = page.serial;
  }
  return page;
}

/** The root for change. */
export function materializeRoot(tree: Tree): Node {
  return (tree.rootNode ??= nodeFromPage(rootPage(tree), tree.rootPageId));
}

/** Child `index` of a node, for change. */
export function materializeChild(tree: Tree, branch: BranchNode, index: number): Node {
  const child = childAt(branch, index);
  if (typeof child !== "number") return child;
  const node = nodeFromPage(childPage(tree, branch, index, child), child);
  const entry = branch.entries[index]!;
  branch.entries[index] = { key: typeof entry === "number" ? entry : entry.key, child: node };
  return node;
}

export function entryCount(at: Node | Page): number {
  return at instanceof Page ? at.count : at.entries.length;
}

/** Child `index`: a node where there is one, else its page. */
export function childOf(tree: Tree, branch: BranchNode | Page, index: number): Node | Page {
  const child = branch instanceof Page ? branchChild(branch, index) : childAt(branch, index);
  return typeof child === "number" ? childPage(tree, branch, index, child) : child;
}

/** A page below the root; raises `CORRUPT` when it holds nothing, or keys of another place. */
function childPage(tree: Tree, branch: BranchNode | Page, index: number, pageId: number): Page {
  const page = tree.source.page(pageId);
  if (page.count === 0) throw new BoltError("CORRUPT", `page ${pageId} below a root is empty`);
  if (branch instanceof Page) {
    if (page.placedUnder === branch.serial) return page;
    const high = index + 1 < branch.count ? branchKey(branch, index + 1) : undefined;
    checkPlace(tree.source, page, branchKey(branch, index), high);
    page.placedUnder = branch.serial;
  } else if (page.placedUnder === 0) {
    const high = index + 1 < branch.entries.length ? keyAt(branch, index + 1) : undefined;
    checkPlace(tree.source, page, keyAt(branch, index), high);
  }
  return page;
}

/** Raises `CORRUPT` when a walk went deeper than any healthy tree is: the pages form a cycle. */
export function checkDepth(depth: number): void {
  if (depth > MAX_TREE_DEPTH) {
    throw new BoltError("CORRUPT", `a tree is deeper than ${MAX_TREE_DEPTH} pages`);
  }
}

/** Raises `NESTED_TOO_DEEP` for a bucket that is nested in so many others. */
export function requireDepth(depth: number): void {
  if (depth > MAX_BUCKET_DEPTH)
    throw new BoltError("NESTED_TOO_DEEP", `${MAX_BUCKET_DEPTH} at most`);
}

/** Opens the bucket stored in an element's value of `parent`. @param value borrowed during the call */
export function treeFromValue(parent: Tree, value: Uint8Array): Tree {
  const { source } = parent;
  const depth = parent.depth + 1;
  requireDepth(depth);
  if (value.length < BUCKET_HEADER_SIZE) {
    throw new BoltError("CORRUPT", "bucket header is cut short");
  }
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const tree = new Tree(
    source,
    Number(view.getBigUint64(0, true)),
    view.getBigUint64(8, true),
    depth,
  );
  if (tree.rootPageId === 0) tree.inlinePage = inlinePage(value.subarray(BUCKET_HEADER_SIZE));
  return tree;
}

/** Copies, because a page begins on a multiple of 4 and the value may not. */
function inlinePage(bytes: Uint8Array): Page {
  if (bytes.length < PAGE_HEADER_SIZE) {
    throw new BoltError("CORRUPT", "inline bucket is cut short");
  }
  const buffer = new ArrayBuffer((bytes.length + 3) & ~3);
  new Uint8Array(buffer).set(bytes);
  const page = new Page(buffer);
  const defect = page.flags === LEAF_PAGE ? leafDefect(page) : "is no leaf";
  if (defect !== undefined) throw new BoltError("CORRUPT", `inline bucket: ${defect}`);
  return page;
}

/** The value of a bucket that has nothing in it. Owned by the caller. */
export function emptyBucketValue(): Uint8Array {
  const value = new Uint8Array(BUCKET_HEADER_SIZE + PAGE_HEADER_SIZE);
  new DataView(value.buffer).setUint16(BUCKET_HEADER_SIZE + 8, LEAF_PAGE, true);
  return value;
}

/** Writes the header in front of an inline page, or alone. */
export function writeBucketHeader(value: Uint8Array, rootPageId: number, sequence: bigint): void {
  const view = new DataView(value.buffer, value.byteOffset, BUCKET_HEADER_SIZE);
  view.setBigUint64(0, BigInt(rootPageId), true);
  view.setBigUint64(8, sequence, true);
}

/** Entries that a node in memory may have before it is cut: never less than a page holds. */
export function maxNodeEntries(tree: Tree, atLeast: number): number {
  return Math.max(atLeast, Math.ceil(tree.source.pageSize / ELEMENT_SIZE));
}
