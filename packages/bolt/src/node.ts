import { compareBytes } from "@nodetcd/bytes";
import { ELEMENT_SIZE, type Page, PAGE_HEADER_SIZE } from "./page.ts";
import { branchChild, branchKey } from "./page-branch.ts";
import { leafFlags, leafKey, leafValue } from "./page-leaf.ts";

/**
 * A page opened for change. It exists only inside a write transaction: the first change below a page
 * makes nodes of it and of all pages above it, and the commit writes every node to new pages.
 *
 * Keys and values are views: of the page it came from, of the key's copy, of the caller's value.
 */
export class Node {
  readonly isLeaf: boolean;
  /** The page it was made from, to be given up when it is written; 0 when it is new. */
  pageId: number;
  overflow: number;
  keys: Uint8Array[] = [];
  /** Leaf: parallel to `keys`. */
  values: Uint8Array[] = [];
  flags: number[] = [];
  /** Branch: parallel to `keys`. A child that is a node has one in `nodes`; its page id is stale. */
  children: number[] = [];
  nodes: (Node | undefined)[] = [];
  /** Something was removed, so that it may have to be merged. */
  unbalanced = false;

  constructor(isLeaf: boolean, pageId = 0, overflow = 0) {
    this.isLeaf = isLeaf;
    this.pageId = pageId;
    this.overflow = overflow;
  }
}

/** @param pageId where the page is, 0 when it is inside a value */
export function nodeFromPage(page: Page, pageId: number): Node {
  const node = new Node(page.isLeaf, pageId, page.overflow);
  for (let i = 0; i < page.count; i++) {
    if (page.isLeaf) {
      node.keys.push(leafKey(page, i));
      node.values.push(leafValue(page, i));
      node.flags.push(leafFlags(page, i));
    } else {
      node.keys.push(branchKey(page, i));
      node.children.push(branchChild(page, i));
      node.nodes.push(undefined);
    }
  }
  return node;
}

/** Bytes that entry `index` takes on a page. */
export function entrySize(node: Node, index: number): number {
  const keySize = node.keys[index]!.length;
  return ELEMENT_SIZE + keySize + (node.isLeaf ? node.values[index]!.length : 0);
}

/** Bytes that the node takes on a page. */
export function nodeSize(node: Node): number {
  let size = PAGE_HEADER_SIZE;
  for (let i = 0; i < node.keys.length; i++) size += entrySize(node, i);
  return size;
}

/** Index of the key; when it is missing, `~index` of the first key above it. */
export function searchKeys(keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareBytes(key, keys[middle]!);
    if (order === 0) return middle;
    if (order > 0) low = middle + 1;
    else high = middle;
  }
  return ~low;
}

/** Index of the child under which `key` is or would be. */
export function searchChildren(branch: Node, key: Uint8Array): number {
  const at = searchKeys(branch.keys, key);
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
