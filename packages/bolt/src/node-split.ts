import {
  MAX_FILL_PERCENT,
  MAX_KEYS_PER_PAGE,
  MIN_FILL_PERCENT,
  MIN_KEYS_PER_PAGE,
} from "./limits.ts";
import {
  BranchNode,
  childAt,
  entrySize,
  flagsAt,
  keyAt,
  type LeafNode,
  type Node,
  nodeSize,
} from "./node.ts";
import { writeBranchPage, writeLeafPage } from "./node-write.ts";
import { ELEMENT_SIZE, PAGE_HEADER_SIZE } from "./page.ts";
import { BUCKET_ELEMENT } from "./page-leaf.ts";
import { putEntry } from "./put.ts";
import type { TransactionState } from "./transaction-state.ts";
import { BUCKET_HEADER_SIZE, type Tree, writeBucketHeader } from "./tree.ts";

/** A page that was written for part of a node, and its first key. */
interface Piece {
  readonly key: Uint8Array;
  /** Id of the page. */
  readonly child: number;
}

/**
 * Writes every node of the tree to new pages in memory: nested buckets first, because where they
 * went is a value of this one, then leaves before branches up to a new root. The pages that the
 * nodes came from are given up. Yields after each page.
 */
export function* spillTree(state: TransactionState, tree: Tree): Generator<void> {
  for (const [name, child] of tree.children) yield* spillBucket(state, tree, name, child);
  if (tree.rootNode === undefined) return;
  let pieces = yield* spillNode(state, tree, tree.rootNode);
  while (pieces.length > 1) {
    const root = new BranchNode();
    for (const piece of pieces) root.entries.push(piece);
    pieces = yield* spillNode(state, tree, root);
  }
  tree.rootPageId = pieces[0]!.child;
  tree.inlinePage = undefined;
}

/** A nested bucket goes into its parent's value when small, else to pages of its own. */
function* spillBucket(
  state: TransactionState,
  parent: Tree,
  name: string,
  tree: Tree,
): Generator<void> {
  const inline = inlineableRoot(tree);
  let value: Uint8Array;
  if (inline !== undefined) {
    state.free(inline.pageId, inline.overflow);
    value = inlineValue(tree, inline);
  } else {
    yield* spillTree(state, tree);
    if (tree.rootNode === undefined) return;
    value = new Uint8Array(BUCKET_HEADER_SIZE);
    writeBucketHeader(value, tree.rootPageId, tree.sequence);
  }
  putEntry(parent, Buffer.from(name, "latin1"), value, BUCKET_ELEMENT);
}

/** The leaf of a changed bucket that takes at most a quarter of a page and has no buckets in it. */
function inlineableRoot(tree: Tree): LeafNode | undefined {
  const root = tree.rootNode;
  const limit = tree.source.pageSize / 4;
  if (root === undefined || !root.isLeaf) return undefined;
  if (root.entries.length * ELEMENT_SIZE > limit || nodeSize(root) > limit) return undefined;
  for (let i = 0; i < root.entries.length; i++) {
    if ((flagsAt(root, i) & BUCKET_ELEMENT) !== 0) return undefined;
  }
  return root;
}

function inlineValue(tree: Tree, root: LeafNode): Uint8Array {
  const size = BUCKET_HEADER_SIZE + nodeSize(root);
  const buffer = new ArrayBuffer((size + 3) & ~3);
  const value = new Uint8Array(buffer, 0, size);
  writeBucketHeader(value, 0, tree.sequence);
  writeLeafPage(buffer, BUCKET_HEADER_SIZE, { id: 0, overflow: 0 }, root, 0, root.entries.length);
  return value;
}

/** Writes a node and all nodes below it; returns the pages that stand in its place. */
function* spillNode(state: TransactionState, tree: Tree, node: Node): Generator<void, Piece[]> {
  const whole = node.isLeaf ? node : yield* spillChildren(state, tree, node);
  state.free(node.pageId, node.overflow);
  const pieces: Piece[] = [];
  for (let from = 0; from < whole.entries.length || pieces.length === 0;) {
    const { to, size } = nextPage(tree, whole, from);
    // Of a leaf that grew into many only the last is likely to be touched again: keys mostly grow.
    const keep = !whole.isLeaf || to === whole.entries.length;
    const pages = state.allocate(size, keep);
    const { id, buffer, offset } = pages;
    if (whole.isLeaf) writeLeafPage(buffer, offset, pages, whole, from, to);
    else writeBranchPage(buffer, pages, whole, from, to);
    // The root of an empty tree has no first key, and needs none: nothing is above it.
    const key = from < to ? keyAt(whole, from) : new Uint8Array(0);
    pieces.push({ key, child: id });
    from = to;
    yield;
  }
  state.stats.spills++;
  state.stats.splits += pieces.length - 1;
  return pieces;
}

/** A branch in which every child that was a node is replaced by the pages it was written to. */
function* spillChildren(
  state: TransactionState,
  tree: Tree,
  branch: BranchNode,
): Generator<void, BranchNode> {
  const whole = new BranchNode(branch.page);
  for (const [index, entry] of branch.entries.entries()) {
    const child = childAt(branch, index);
    if (typeof child === "number") {
      whole.entries.push(entry);
    } else {
      for (const piece of yield* spillNode(state, tree, child)) whole.entries.push(piece);
    }
  }
  return whole;
}

/**
 * Which entries go on the page that begins with entry `from`, and its size in bytes. All that is
 * left, if it fits or is too few to share out; else as many as the fill percentage allows, at least
 * two, leaving at least two.
 */
function nextPage(tree: Tree, node: Node, from: number): { to: number; size: number } {
  const { pageSize } = tree.source;
  const threshold = pageSize * clampFillPercent(tree.fillPercent);
  const count = node.entries.length;
  let size = PAGE_HEADER_SIZE;
  let to = from;
  /** Where the page ends if the rest does not fit on it. */
  let cut = 0;
  let cutSize = 0;
  for (; to < count; to++) {
    const next = size + entrySize(node, to);
    const full = next > threshold || to - from === MAX_KEYS_PER_PAGE;
    const mayCut = to - from >= MIN_KEYS_PER_PAGE && count - to >= MIN_KEYS_PER_PAGE;
    if (cut === 0 && mayCut && (full || count - to === MIN_KEYS_PER_PAGE)) {
      cut = to;
      cutSize = size;
    }
    if (cut !== 0 && (next > pageSize || to - from === MAX_KEYS_PER_PAGE)) {
      return { to: cut, size: cutSize };
    }
    size = next;
  }
  return { to, size };
}

/** The fill percentage within its limits. */
export function clampFillPercent(fillPercent: number): number {
  return Math.min(MAX_FILL_PERCENT, Math.max(MIN_FILL_PERCENT, fillPercent));
}
