import { compareBytes } from "@nodetcd/bytes";
import { compareKeyAt, ELEMENT_SIZE, HEADER_WORDS, type Page, PAGE_HEADER_SIZE } from "./page.ts";
import { branchChild, branchKey, branchKeySize } from "./page-branch.ts";
import { leafFlags, leafKey, leafKeySize, leafValue, leafValueSize } from "./page-leaf.ts";

/** Bytes of their own, or the index of the element of the node's page that has them. */
export type BytesRef = Uint8Array | number;

/** An entry of a leaf that its page does not have, or has with another value. */
export interface LeafEntry {
  readonly key: BytesRef;
  value: Uint8Array;
  flags: number;
}

/** An entry of a branch with another key or child than its page has. */
export interface BranchEntry {
  readonly key: BytesRef;
  /** The id of a page, or the node that was made of it. */
  readonly child: number | Node;
}

/**
 * A page opened for change. It exists only inside a write transaction: the first change below a page
 * makes nodes of it and of all pages above it, and the commit writes every node to new pages.
 *
 * An entry that was not changed is a number, the index of its element in the page, and is copied from
 * there in blocks: opening a page makes one short array of small numbers.
 */
export type Node = LeafNode | BranchNode;

class NodeOfPage<ChangedEntry> {
  entries: (number | ChangedEntry)[] = [];
  /** Where entries that are numbers, and keys that are, are to be found. */
  readonly page: Page | undefined;
  /** The page to be given up when the node is written; 0 when it is new or was inside a value. */
  readonly pageId: number;
  /** Something was removed, so that it may have to be merged. */
  unbalanced = false;

  constructor(page?: Page, pageId = 0) {
    this.page = page;
    this.pageId = pageId;
  }

  /** How many pages follow the one to be given up. */
  get overflow(): number {
    return this.pageId === 0 ? 0 : this.page!.overflow;
  }
}

export class LeafNode extends NodeOfPage<LeafEntry> {
  readonly isLeaf = true;
}

export class BranchNode extends NodeOfPage<BranchEntry> {
  readonly isLeaf = false;
}

/** @param pageId where the page is, 0 when it is inside a value */
export function nodeFromPage(page: Page, pageId: number): Node {
  const node = page.isLeaf ? new LeafNode(page, pageId) : new BranchNode(page, pageId);
  node.entries = elementIndexes.slice(0, page.count);
  for (let i = node.entries.length; i < page.count; i++) node.entries.push(i);
  return node;
}

/** 0, 1, 2, ...: as many as pages of usual sizes have elements. */
const elementIndexes: readonly number[] = Array.from({ length: 4096 }, (_, index) => index);

/** Borrowed from the page, the caller of `put`, or the node. */
export function keyAt(node: Node, index: number): Uint8Array {
  const entry = node.entries[index]!;
  const ref = typeof entry === "number" ? entry : entry.key;
  if (typeof ref !== "number") return ref;
  return node.isLeaf ? leafKey(node.page!, ref) : branchKey(node.page!, ref);
}

/** Of a leaf; borrowed as the key is. */
export function valueAt(leaf: LeafNode, index: number): Uint8Array {
  const entry = leaf.entries[index]!;
  return typeof entry === "number" ? leafValue(leaf.page!, entry) : entry.value;
}

export function flagsAt(leaf: LeafNode, index: number): number {
  const entry = leaf.entries[index]!;
  return typeof entry === "number" ? leafFlags(leaf.page!, entry) : entry.flags;
}

/** The id of a page, or the node that was made of it. */
export function childAt(branch: BranchNode, index: number): number | Node {
  const entry = branch.entries[index]!;
  return typeof entry === "number" ? branchChild(branch.page!, entry) : entry.child;
}

/** Bytes that entry `index` takes on a page. */
export function entrySize(node: Node, index: number): number {
  if (!node.isLeaf) return ELEMENT_SIZE + branchEntryKeySize(node, index);
  const page = node.page!;
  const entry = node.entries[index]!;
  if (typeof entry === "number") {
    return ELEMENT_SIZE + leafKeySize(page, entry) + leafValueSize(page, entry);
  }
  const { key, value } = entry;
  const keySize = typeof key === "number" ? leafKeySize(page, key) : key.length;
  return ELEMENT_SIZE + keySize + value.length;
}

function branchEntryKeySize(branch: BranchNode, index: number): number {
  const entry = branch.entries[index]!;
  const ref = typeof entry === "number" ? entry : entry.key;
  return typeof ref === "number" ? branchKeySize(branch.page!, ref) : ref.length;
}

/** Bytes that the node takes on a page. */
export function nodeSize(node: Node): number {
  let size = PAGE_HEADER_SIZE;
  for (let i = 0; i < node.entries.length; i++) size += entrySize(node, i);
  return size;
}

/** Negative, zero or positive as `key` is below, at or above the key of entry `index`. */
export function compareWithKeyAt(key: Uint8Array, node: Node, index: number): number {
  const entry = node.entries[index]!;
  const ref = typeof entry === "number" ? entry : entry.key;
  if (typeof ref !== "number") return compareBytes(key, ref);
  const { words, bytes } = node.page!;
  const word = HEADER_WORDS + ref * 4 + (node.isLeaf ? 1 : 0);
  const start = PAGE_HEADER_SIZE + ref * ELEMENT_SIZE + words[word]!;
  return compareKeyAt(key, bytes, start, words[word + 1]!);
}

/** Index of the key; when it is missing, `~index` of the first key above it. */
export function searchNode(node: Node, key: Uint8Array): number {
  let low = 0;
  let high = node.entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareWithKeyAt(key, node, middle);
    if (order === 0) return middle;
    if (order > 0) low = middle + 1;
    else high = middle;
  }
  return ~low;
}

/** Index of the child under which `key` is or would be. */
export function searchChildren(branch: BranchNode, key: Uint8Array): number {
  const at = searchNode(branch, key);
  if (at >= 0) return at;
  return ~at === 0 ? 0 : ~at - 1;
}
