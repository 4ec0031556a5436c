import { compareBytes } from "@nodetcd/bytes";
import { BoltError } from "./errors.ts";
import { MAX_NODE_ENTRIES } from "./limits.ts";
import {
  BranchNode,
  compareWithKeyAt,
  keyAt,
  LeafNode,
  type Node,
  searchChildren,
  searchNode,
} from "./node.ts";
import { BUCKET_ELEMENT, leafFlags } from "./page-leaf.ts";
import {
  checkDepth,
  materializeChild,
  materializeRoot,
  maxNodeEntries,
  type Tree,
} from "./tree.ts";

/**
 * Inserts or overwrites an entry. A value cannot take the place of a bucket, nor the other way:
 * `INCOMPATIBLE_VALUE`.
 *
 * @param key copied when it is new
 * @param value borrowed until the commit has ended
 * @param flags `BUCKET_ELEMENT` or 0
 */
export function putEntry(tree: Tree, key: Uint8Array, value: Uint8Array, flags: number): void {
  const leaf = leafForChange(tree, key);
  const { entries } = leaf;
  const last = entries.length - 1;
  if (last < 0 || compareWithKeyAt(key, leaf, last) > 0) {
    entries.push({ key: new Uint8Array(key), value, flags });
  } else {
    const found = searchNode(leaf, key);
    if (found >= 0) overwrite(leaf, found, value, flags);
    else entries.splice(~found, 0, { key: new Uint8Array(key), value, flags });
  }
  tree.changes++;
}

function overwrite(leaf: LeafNode, index: number, value: Uint8Array, flags: number): void {
  const entry = leaf.entries[index]!;
  const oldFlags = typeof entry === "number" ? leafFlags(leaf.page!, entry) : entry.flags;
  if (((oldFlags ^ flags) & BUCKET_ELEMENT) !== 0) throw new BoltError("INCOMPATIBLE_VALUE");
  if (typeof entry === "number") {
    leaf.entries[index] = { key: entry, value, flags };
  } else {
    entry.value = value;
    entry.flags = flags;
  }
}

/**
 * The leaf node where `key` belongs. The leaf of the last change is tried first: writes come in runs
 * (etcd's `key` bucket only ever grows at its end).
 */
export function leafForChange(tree: Tree, key: Uint8Array): LeafNode {
  const { recentLeaf, recentLow, recentHigh } = tree;
  if (
    recentLeaf !== undefined &&
    recentLeaf.entries.length <= MAX_NODE_ENTRIES &&
    (recentLow === undefined || compareBytes(key, recentLow) >= 0) &&
    (recentHigh === undefined || compareBytes(key, recentHigh) < 0)
  ) {
    return recentLeaf;
  }
  return descendForChange(tree, key);
}

/** From the root down, making nodes of pages, and cutting nodes that have grown too long. */
function descendForChange(tree: Tree, key: Uint8Array): LeafNode {
  const limit = maxNodeEntries(tree, MAX_NODE_ENTRIES);
  let node = materializeRoot(tree);
  if (node.entries.length > limit) node = growRoot(tree, node);
  let low: Uint8Array | undefined;
  let high: Uint8Array | undefined;
  for (let depth = 0; !node.isLeaf; checkDepth(++depth)) {
    let index = searchChildren(node, key);
    let child = materializeChild(tree, node, index);
    if (child.entries.length > limit) {
      cutChild(node, index, child);
      index = searchChildren(node, key);
      child = materializeChild(tree, node, index);
    }
    if (index > 0) low = keyAt(node, index);
    if (index + 1 < node.entries.length) high = keyAt(node, index + 1);
    node = child;
  }
  tree.recentLeaf = node;
  tree.recentLow = low;
  tree.recentHigh = high;
  return node;
}

/** Puts a branch with two halves of the old root above it. */
function growRoot(tree: Tree, root: Node): BranchNode {
  const above = new BranchNode();
  above.entries.push({ key: keyAt(root, 0), child: root });
  cutChild(above, 0, root);
  tree.rootNode = above;
  return above;
}

/** Moves the upper half of a child into a new one to its right. */
function cutChild(parent: BranchNode, index: number, child: Node): void {
  const right = child.isLeaf ? new LeafNode(child.page) : new BranchNode(child.page);
  right.entries = child.entries.splice(child.entries.length >>> 1);
  parent.entries.splice(index + 1, 0, { key: keyAt(right, 0), child: right });
}
