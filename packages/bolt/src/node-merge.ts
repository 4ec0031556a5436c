import { BoltError } from "./errors.ts";
import { DEFAULT_FILL_PERCENT } from "./limits.ts";
import {
  type BranchNode,
  childAt,
  entrySize,
  flagsAt,
  keyAt,
  LeafNode,
  type Node,
  valueAt,
} from "./node.ts";
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
  for (let index = 0; index < branch.entries.length; index++) {
    const child = childAt(branch, index);
    if (typeof child !== "number") yield* rebalanceBelow(state, tree, child, depth + 1);
  }
  for (let index = 0; index < branch.entries.length;) {
    const child = childAt(branch, index);
    if (typeof child === "number" || !isUnderfull(tree, child)) {
      index++;
      continue;
    }
    if (child.entries.length === 0) {
      dropChild(state, branch, index, child);
    } else if (branch.entries.length === 1) {
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
  if (node.entries.length < (node.isLeaf ? 1 : 2)) return true;
  // Also where pages may be fuller: what is merged with a full page would only be split again.
  const fillPercent = Math.min(DEFAULT_FILL_PERCENT, clampFillPercent(tree.fillPercent));
  const threshold = (tree.source.pageSize * fillPercent) / 2;
  return isAtMost(node, threshold);
}

function isAtMost(node: Node, bytes: number): boolean {
  // A node that has far more entries than fit is not measured to the end.
  let size = 16;
  for (let i = 0; i < node.entries.length; i++) {
    size += entrySize(node, i);
    if (size > bytes) return false;
  }
  return true;
}

/** Child `index + 1` goes into child `index`. */
function mergeWithNext(
  state: TransactionState,
  tree: Tree,
  branch: BranchNode,
  index: number,
): void {
  const left = materializeChild(tree, branch, index);
  const right = materializeChild(tree, branch, index + 1);
  for (let i = 0; i < right.entries.length; i++) {
    const key = keyAt(right, i);
    if (left.isLeaf && right.isLeaf) {
      left.entries.push({ key, value: valueAt(right, i), flags: flagsAt(right, i) });
    } else if (!left.isLeaf && !right.isLeaf) {
      left.entries.push({ key, child: childAt(right, i) });
    } else {
      const pages = `pages ${left.pageId} and ${right.pageId}`;
      throw new BoltError("CORRUPT", `${pages} are not at one level`);
    }
  }
  left.unbalanced = true;
  dropChild(state, branch, index + 1, right);
  state.stats.rebalances++;
}

function dropChild(state: TransactionState, branch: BranchNode, index: number, child: Node): void {
  state.free(child.pageId, child.overflow);
  branch.entries.splice(index, 1);
  branch.unbalanced = true;
}

/** A root branch with one child gives way to it; one without children becomes an empty leaf. */
function collapseRoot(state: TransactionState, tree: Tree): void {
  let root = tree.rootNode!;
  while (!root.isLeaf && root.entries.length <= 1) {
    state.free(root.pageId, root.overflow);
    root = root.entries.length === 0 ? new LeafNode() : materializeChild(tree, root, 0);
  }
  tree.rootNode = root;
}
