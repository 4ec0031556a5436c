import { compareBytes } from "@nodetcd/bytes";
import { compareKeyAt, ELEMENT_SIZE, HEADER_WORDS, type Page, PAGE_HEADER_SIZE } from "./page.ts";
import { branchChild, branchKey, branchKeySize } from "./page-branch.ts";
import { leafFlags, leafKey, leafKeySize, leafValue, leafValueSize } from "./page-leaf.ts";

/** Bytes of their own, or the index of the element of the node's page that has them. */
export type BytesRef = Uint8Array | number;

/**
 * A page opened for change. It exists only inside a write transaction: the first change below a page
 * makes nodes of it and of all pages above it, and the commit writes every node to new pages.
 *
 * What was not changed stays in the page and is copied from there in blocks: opening a page makes
 * three short arrays of small numbers, not two views for each of its entries.
 */
export class Node {
  readonly isLeaf: boolean;
  /** Where keys and values that are numbers are to be found. */
  readonly page: Page | undefined;
  /** The page to be given up when the node is written; 0 when it is new or was inside a value. */
  readonly pageId: number;
  keys: BytesRef[] = [];
  /** Leaf: parallel to `keys`. */
  values: BytesRef[] = [];
  flags: number[] = [];
  /** Branch: parallel to `keys`. A child that is a node has one in `nodes`; its page id is stale. */
  children: number[] = [];
  nodes: (Node | undefined)[] = [];
  /** Something was removed, so that it may have to be merged. */
  unbalanced = false;

  constructor(isLeaf: boolean, page?: Page, pageId = 0) {
    this.isLeaf = isLeaf;
    this.page = page;
    this.pageId = pageId;
  }

  /** How many pages follow the one to be given up. */
  get overflow(): number {
    return this.pageId === 0 ? 0 : this.page!.overflow;
  }
}

/** @param pageId where the page is, 0 when it is inside a value */
export function nodeFromPage(page: Page, pageId: number): Node {
  const node = new Node(page.isLeaf, page, pageId);
  for (let i = 0; i < page.count; i++) {
    node.keys.push(i);
    if (page.isLeaf) {
      node.values.push(i);
      node.flags.push(leafFlags(page, i));
    } else {
      node.children.push(branchChild(page, i));
      node.nodes.push(undefined);
    }
  }
  return node;
}

/** Borrowed from the page, the caller of `put`, or the node. */
export function keyAt(node: Node, index: number): Uint8Array {
  const ref = node.keys[index]!;
  if (typeof ref !== "number") return ref;
  return node.isLeaf ? leafKey(node.page!, ref) : branchKey(node.page!, ref);
}

/** Of a leaf; borrowed as the key is. */
export function valueAt(leaf: Node, index: number): Uint8Array {
  const ref = leaf.values[index]!;
  return typeof ref === "number" ? leafValue(leaf.page!, ref) : ref;
}

/** Bytes that entry `index` takes on a page. */
export function entrySize(node: Node, index: number): number {
  const { page } = node;
  const key = node.keys[index]!;
  if (!node.isLeaf) {
    return ELEMENT_SIZE + (typeof key === "number" ? branchKeySize(page!, key) : key.length);
  }
  const value = node.values[index]!;
  return (
    ELEMENT_SIZE +
    (typeof key === "number" ? leafKeySize(page!, key) : key.length) +
    (typeof value === "number" ? leafValueSize(page!, value) : value.length)
  );
}

/** Bytes that the node takes on a page. */
export function nodeSize(node: Node): number {
  let size = PAGE_HEADER_SIZE;
  for (let i = 0; i < node.keys.length; i++) size += entrySize(node, i);
  return size;
}

/** Negative, zero or positive as `key` is below, at or above the key of entry `index`. */
export function compareWithKeyAt(key: Uint8Array, node: Node, index: number): number {
  const ref = node.keys[index]!;
  if (typeof ref !== "number") return compareBytes(key, ref);
  const { words, bytes } = node.page!;
  const word = HEADER_WORDS + ref * 4 + (node.isLeaf ? 1 : 0);
  const start = PAGE_HEADER_SIZE + ref * ELEMENT_SIZE + words[word]!;
  return compareKeyAt(key, bytes, start, words[word + 1]!);
}

/** Index of the key; when it is missing, `~index` of the first key above it. */
export function searchNode(node: Node, key: Uint8Array): number {
  let low = 0;
  let high = node.keys.length;
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
export function searchChildren(branch: Node, key: Uint8Array): number {
  const at = searchNode(branch, key);
  if (at >= 0) return at;
  return ~at === 0 ? 0 : ~at - 1;
}

/** Removes entry `index` of a leaf. */
export function removeEntry(leaf: Node, index: number): void {
  leaf.keys.splice(index, 1);
  leaf.values.splice(index, 1);
  leaf.flags.splice(index, 1);
}

/** Removes entry `index` of a branch. */
export function removeChild(branch: Node, index: number): void {
  branch.keys.splice(index, 1);
  branch.children.splice(index, 1);
  branch.nodes.splice(index, 1);
}
