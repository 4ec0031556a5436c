import { BoltError } from "./errors.ts";
import type { Page } from "./page.ts";
import { branchChild } from "./page-branch.ts";
import { BUCKET_ELEMENT, leafFlags, leafValue } from "./page-leaf.ts";
import { checkDepth, type Tree, treeFromValue } from "./tree.ts";

/** Committed pages of one tree, parents first; the page of an inline bucket too. */
export function walkPages(tree: Tree, visit: (page: Page, depth: number) => void): void {
  const descend = (page: Page, depth: number): void => {
    checkDepth(depth);
    visit(page, depth);
    if (page.isLeaf) return;
    for (let i = 0; i < page.count; i++) {
      descend(tree.source.page(branchChild(page, i)), depth + 1);
    }
  };
  descend(tree.inlinePage ?? tree.source.page(tree.rootPageId), 0);
}

/** Buckets in a leaf page of a tree. Raises `CORRUPT` and `NESTED_TOO_DEEP`. */
export function* nestedTrees(tree: Tree, page: Page): Generator<Tree> {
  for (let i = 0; i < page.count; i++) {
    if ((leafFlags(page, i) & BUCKET_ELEMENT) !== 0) {
      yield treeFromValue(tree, leafValue(page, i));
    }
  }
}

/**
 * Marks every page that a tree and the buckets nested in it use; yields after each. Raises `CORRUPT` when a page
 * is reached twice, which also ends walks in circles.
 *
 * @param mark told each page id, overflow pages included; returns false when it knew it already
 */
export function* markReachable(root: Tree, mark: (id: number) => boolean): Generator<void> {
  const waiting = [{ tree: root, pageId: root.rootPageId, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { tree, pageId, depth } = next;
    checkDepth(depth);
    const page = tree.inlinePage ?? tree.source.page(pageId);
    if (page !== tree.inlinePage) markPages(page, mark);
    if (page.isLeaf) {
      for (const nested of nestedTrees(tree, page)) {
        waiting.push({ tree: nested, pageId: nested.rootPageId, depth: 0 });
      }
    } else {
      // Read from the front to the back, as they mostly lie in the file.
      for (let i = page.count - 1; i >= 0; i--) {
        waiting.push({ tree, pageId: branchChild(page, i), depth: depth + 1 });
      }
    }
    yield;
  }
}

function markPages(page: Page, mark: (id: number) => boolean): void {
  for (let id = page.id; id <= page.id + page.overflow; id++) {
    if (!mark(id)) throw new BoltError("CORRUPT", `page ${id}: multiple references`);
  }
}
