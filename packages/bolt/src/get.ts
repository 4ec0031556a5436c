import { flagsAt, type LeafNode, searchChildren, searchNode, valueAt } from "./node.ts";
import { Page } from "./page.ts";
import { searchBranch } from "./page-branch.ts";
import { BUCKET_ELEMENT, leafFlags, leafValue, searchLeaf } from "./page-leaf.ts";
import { checkDepth, childOf, type Tree, treeRoot } from "./tree.ts";

/** What a tree holds under a key. */
export interface Element {
  /** Borrowed: valid until the transaction ends. */
  readonly value: Uint8Array;
  readonly isBucket: boolean;
}

/**
 * Value of a key; undefined when it is missing or a nested bucket. Borrowed: valid until the
 * transaction ends.
 */
export function getValue(tree: Tree, key: Uint8Array): Uint8Array | undefined {
  const leaf = leafOf(tree, key);
  if (leaf instanceof Page) {
    const at = searchLeaf(leaf, key);
    return at < 0 || (leafFlags(leaf, at) & BUCKET_ELEMENT) !== 0 ? undefined : leafValue(leaf, at);
  }
  const at = searchNode(leaf, key);
  return at < 0 || (flagsAt(leaf, at) & BUCKET_ELEMENT) !== 0 ? undefined : valueAt(leaf, at);
}

/** As `getValue`, for both kinds of element. */
export function getElement(tree: Tree, key: Uint8Array): Element | undefined {
  const leaf = leafOf(tree, key);
  const isPage = leaf instanceof Page;
  const at = isPage ? searchLeaf(leaf, key) : searchNode(leaf, key);
  if (at < 0) return undefined;
  const flags = isPage ? leafFlags(leaf, at) : flagsAt(leaf, at);
  return {
    value: isPage ? leafValue(leaf, at) : valueAt(leaf, at),
    isBucket: (flags & BUCKET_ELEMENT) !== 0,
  };
}

/** The leaf where `key` is or would be: through nodes as far as there are any, then pages. */
function leafOf(tree: Tree, key: Uint8Array): LeafNode | Page {
  let at = treeRoot(tree);
  for (let depth = 0; !at.isLeaf; checkDepth(++depth)) {
    const index = at instanceof Page ? searchBranch(at, key) : searchChildren(at, key);
    at = childOf(tree, at, index);
  }
  return at;
}
