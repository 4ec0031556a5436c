import { BoltError } from "./errors.ts";
import { entrySize, keyAt, Node, removeChild, valueAt } from "./node.ts";
import { checkDepth, materializeChild, type Tree } from "./tree.ts";
import { clampFillPercent } from "./node-split.ts";
import type { TransactionState } from "./transaction-state.ts";

/**
 * Merges what deletions left too small, bottom up, in this tree and in every bucket opened below
 * it. Pages of nodes that vanish are given up. Yields where the work may be interrupted.
 */
export function* rebalanceTree(state: TransactionState, tree: Tree): Generator<void> {
  if (tree.rootNode !== undefined) {
    yield* rebalanceBelow(state, tree, tree.rootNode, 0);
    collapseRoot(state, tree);
    tree.recentLeaf = undefined;
  }
  for (const child of tree.children.values()) yield* rebalanceTree(state, child);
}

function* rebalanceBelow(
  state: TransactionState,
  tree: Tree,
  branch: Node,
  depth: number,
): Generator<void> {
  if (branch.isLeaf) return;
  checkDepth(depth);
  for (const child of branch.nodes) {
    if (child !== undefined) yield* rebalanceBelow(state, tree, child, depth + 1);
  }
  for (let index = 0; index < branch.nodes.length;) {
    const child = branch.nodes[index];
    if (child === undefined || !isUnderfull(tree, child)) {
      index++;
      continue;
    }
    if (child.keys.length === 0) {
      dropChild(state, branch, index);
    } else if (branch.nodes.length === 1) {
      return;
    } else {
      index = Math.max(index, 1) - 1;
      mergeWithNext(state, tree, branch, index);
      yield;
    }
  }
}

/** Nodes that lost nothing are left as they are, however small. */
function isUnderfull(tree: Tree, node: Node): boolean {
  if (!node.unbalanced) return false;
  if (node.keys.length < (node.isLeaf ? 1 : 2)) return true;
  const threshold = (tree.source.pageSize * clampFillPercent(tree.fillPercent)) / 2;
  return isAtMost(node, threshold);
}

function isAtMost(node: Node, bytes: number): boolean {
  // A node that has far more entries than fit is not measured to the end.
  let size = 16;
  for (let i = 0; i < node.keys.length; i++) {
    size += entrySize(node, i);
    if (size > bytes) return false;
  }
  return true;
}

/** Child `index + 1` goes into child `index`. */
function mergeWithNext(state: TransactionState, tree: Tree, branch: Node, index: number): void {
  const left = materializeChild(tree, branch, index);
  const right = materializeChild(tree, branch, index + 1);
  if (left.isLeaf !== right.isLeaf) {
    throw new BoltError("CORRUPT", `pages ${left.pageId} and ${right.pageId} are not at one level`);
  }
  for (let i = 0; i < right.keys.length; i++) {
    left.keys.push(keyAt(right, i));
    if (left.isLeaf) {
      left.values.push(valueAt(right, i));
      left.flags.push(right.flags[i]!);
    } else {
      left.children.push(right.children[i]!);
      left.nodes.push(right.nodes[i]);
    }
  }
  left.unbalanced = true;
  dropChild(state, branch, index + 1);
  state.stats.rebalances++;
}

function dropChild(state: TransactionState, branch: Node, index: number): void {
  const child = branch.nodes[index]!;
  state.free(child.pageId, child.overflow);
  removeChild(branch, index);
  branch.unbalanced = true;
}

/** A root branch with one child gives way to it; one without children becomes an empty leaf. */
function collapseRoot(state: TransactionState, tree: Tree): void {
  for (let root = tree.rootNode!; !root.isLeaf && root.keys.length <= 1; root = tree.rootNode!) {
    tree.rootNode = root.keys.length === 0 ? new Node(true) : materializeChild(tree, root, 0);
    state.free(root.pageId, root.overflow);
  }
}
