import { deleteEntry } from "./delete.ts";
import { BoltError } from "./errors.ts";
import { type Element, getElement } from "./get.ts";
import { flagsAt, keyAt, type Node, valueAt } from "./node.ts";
import { Page } from "./page.ts";
import { BUCKET_ELEMENT, leafFlags, leafKey, leafValue } from "./page-leaf.ts";
import { putEntry } from "./put.ts";
import type { TransactionState } from "./transaction-state.ts";
import {
  checkDepth,
  childOf,
  emptyBucketValue,
  entryCount,
  requireDepth,
  type Tree,
  treeFromValue,
  treeRoot,
} from "./tree.ts";

/** Key of `Tree.children`: one character a byte. */
function childName(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString("latin1");
}

/** The bucket nested in `tree` under this name, if there is one. */
export function openChild(state: TransactionState, tree: Tree, name: Uint8Array): Tree | undefined {
  if (!state.writable) {
    const element = getElement(tree, name);
    return element?.isBucket === true ? treeFromValue(tree, element.value) : undefined;
  }
  const key = childName(name);
  const opened = tree.children.get(key);
  if (opened !== undefined) return opened;
  const element = getElement(tree, name);
  if (element?.isBucket !== true) return undefined;
  const child = treeFromValue(tree, element.value);
  tree.children.set(key, child);
  return child;
}

/** Raises `BUCKET_EXISTS`, `NESTED_TOO_DEEP`, or `INCOMPATIBLE_VALUE` when the name is a key with a value. */
export function createChild(state: TransactionState, tree: Tree, name: Uint8Array): Tree {
  if (name.length === 0) throw new BoltError("BUCKET_NAME_REQUIRED");
  refuseExisting(getElement(tree, name));
  requireDepth(tree.depth + 1);
  putEntry(tree, name, emptyBucketValue(), BUCKET_ELEMENT);
  const child = openChild(state, tree, name);
  // The leaf that takes a key and the one where it is looked for differ only in a damaged tree.
  if (child === undefined) throw new BoltError("CORRUPT", "a bucket is not under its own name");
  return child;
}

function refuseExisting(element: Element | undefined): void {
  if (element === undefined) return;
  throw new BoltError(element.isBucket ? "BUCKET_EXISTS" : "INCOMPATIBLE_VALUE");
}

function requireBucket(tree: Tree, name: Uint8Array): Element {
  const element = getElement(tree, name);
  if (element === undefined) throw new BoltError("BUCKET_NOT_FOUND");
  if (!element.isBucket) throw new BoltError("INCOMPATIBLE_VALUE");
  return element;
}

/** Removes a bucket with all in it. */
export function deleteChild(state: TransactionState, tree: Tree, name: Uint8Array): void {
  requireBucket(tree, name);
  freePages(state, openChild(state, tree, name)!);
  tree.children.delete(childName(name));
  deleteEntry(tree, name);
}

/** Takes a bucket, with changes not yet written, out of one tree and puts it into another. */
export function moveChild(state: TransactionState, from: Tree, name: Uint8Array, to: Tree): void {
  const { value } = requireBucket(from, name);
  const child = openChild(state, from, name)!;
  if (from === to || isWithin(to, child)) throw new BoltError("SAME_BUCKETS");
  refuseExisting(getElement(to, name));
  requireDepth(to.depth + openedLevels(child));
  setDepth(child, to.depth + 1);
  putEntry(to, name, value, BUCKET_ELEMENT);
  deleteEntry(from, name);
  from.children.delete(childName(name));
  to.children.set(childName(name), child);
}

/** Levels of the buckets opened in a tree, its own included. */
function openedLevels(tree: Tree): number {
  let levels = 0;
  for (const child of tree.children.values()) levels = Math.max(levels, openedLevels(child));
  return levels + 1;
}

function setDepth(tree: Tree, depth: number): void {
  tree.depth = depth;
  for (const child of tree.children.values()) setDepth(child, depth + 1);
}

/** True when `tree` is `ancestor` or a bucket opened somewhere in it. */
function isWithin(tree: Tree, ancestor: Tree): boolean {
  if (tree === ancestor) return true;
  for (const child of ancestor.children.values()) if (isWithin(tree, child)) return true;
  return false;
}

/**
 * Gives up every page of a tree and of the buckets nested in it, each before what hangs from it: in a
 * damaged file the walk ends where it meets a page again.
 */
function freePages(state: TransactionState, tree: Tree): void {
  const visit = (at: Node | Page, depth: number): void => {
    checkDepth(depth);
    if (!(at instanceof Page)) state.free(at.pageId, at.overflow);
    else if (at !== tree.inlinePage) state.free(at.id, at.overflow);
    for (let i = 0; i < entryCount(at); i++) {
      if (!at.isLeaf) {
        visit(childOf(tree, at, i), depth + 1);
      } else if (at instanceof Page) {
        if ((leafFlags(at, i) & BUCKET_ELEMENT) === 0) continue;
        freeNested(state, tree, leafKey(at, i), leafValue(at, i));
      } else if ((flagsAt(at, i) & BUCKET_ELEMENT) !== 0) {
        freeNested(state, tree, keyAt(at, i), valueAt(at, i));
      }
    }
  };
  visit(treeRoot(tree), 0);
}

function freeNested(
  state: TransactionState,
  parent: Tree,
  name: Uint8Array,
  value: Uint8Array,
): void {
  freePages(state, parent.children.get(childName(name)) ?? treeFromValue(parent, value));
}
