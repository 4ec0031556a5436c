import { compareBytes } from "@nodetcd/bytes";
import { BoltError } from "./errors.ts";
import { MAX_NODE_ENTRIES } from "./limits.ts";
import { compareWithKeyAt, keyAt, Node, searchChildren, searchNode } from "./node.ts";
import { BUCKET_ELEMENT } from "./page-leaf.ts";
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
  const { keys } = leaf;
  const last = keys.length - 1;
  if (last < 0 || compareWithKeyAt(key, leaf, last) > 0) {
    keys.push(new Uint8Array(key));
    leaf.values.push(value);
    leaf.flags.push(flags);
    tree.changes++;
    return;
  }
  const found = searchNode(leaf, key);
  if (found < 0) {
    keys.splice(~found, 0, new Uint8Array(key));
    leaf.values.splice(~found, 0, value);
    leaf.flags.splice(~found, 0, flags);
  } else {
    if (((leaf.flags[found]! ^ flags) & BUCKET_ELEMENT) !== 0) {
      throw new BoltError("INCOMPATIBLE_VALUE");
    }
    leaf.values[found] = value;
    leaf.flags[found] = flags;
  }
  tree.changes++;
}

/**
 * The leaf node where `key` belongs. The leaf of the last change is tried first: writes come in runs
 * (etcd's `key` bucket only ever grows at its end).
 */
export function leafForChange(tree: Tree, key: Uint8Array): Node {
  const { recentLeaf, recentLow, recentHigh } = tree;
  if (
    recentLeaf !== undefined &&
    recentLeaf.keys.length <= MAX_NODE_ENTRIES &&
    (recentLow === undefined || compareBytes(key, recentLow) >= 0) &&
    (recentHigh === undefined || compareBytes(key, recentHigh) < 0)
  ) {
    return recentLeaf;
  }
  return descendForChange(tree, key);
}

/** From the root down, making nodes of pages, and cutting nodes that have grown too long. */
function descendForChange(tree: Tree, key: Uint8Array): Node {
  const limit = maxNodeEntries(tree, MAX_NODE_ENTRIES);
  let node = materializeRoot(tree);
  if (node.keys.length > limit) node = growRoot(tree, node);
  let low: Uint8Array | undefined;
  let high: Uint8Array | undefined;
  for (let depth = 0; !node.isLeaf; checkDepth(++depth)) {
    let index = searchChildren(node, key);
    let child = materializeChild(tree, node, index);
    if (child.keys.length > limit) {
      cutChild(node, index, child);
      index = searchChildren(node, key);
      child = materializeChild(tree, node, index);
    }
    if (index > 0) low = keyAt(node, index);
    if (index + 1 < node.keys.length) high = keyAt(node, index + 1);
    node = child;
  }
  tree.recentLeaf = node;
  tree.recentLow = low;
  tree.recentHigh = high;
  return node;
}

/** Puts a branch with two halves of the old root above it. */
function growRoot(tree: Tree, root: Node): Node {
  const above = new Node(false);
  above.keys.push(keyAt(root, 0));
  above.children.push(0);
  above.nodes.push(root);
  cutChild(above, 0, root);
  tree.rootNode = above;
  return above;
}

/** Moves the upper half of a child into a new one to its right. */
function cutChild(parent: Node, index: number, child: Node): void {
  const right = new Node(child.isLeaf, child.page);
  const middle = child.keys.length >>> 1;
  right.keys = child.keys.splice(middle);
  right.values = child.values.splice(middle);
  right.flags = child.flags.splice(middle);
  right.children = child.children.splice(middle);
  right.nodes = child.nodes.splice(middle);
  parent.keys.splice(index + 1, 0, keyAt(right, 0));
  parent.children.splice(index + 1, 0, 0);
  parent.nodes.splice(index + 1, 0, right);
}
