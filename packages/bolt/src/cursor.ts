import { compareBytes } from "@nodetcd/bytes";
import { deleteValue } from "./delete.ts";
import { BoltError } from "./errors.ts";
import {
  type BranchNode,
  flagsAt,
  keyAt,
  type LeafNode,
  type Node,
  searchChildren,
  searchNode,
  valueAt,
} from "./node.ts";
import { Page } from "./page.ts";
import { searchBranch } from "./page-branch.ts";
import { BUCKET_ELEMENT, compareFirstKeys, leafKey, searchLeaf } from "./page-leaf.ts";
import { type Entry, nodeEntry, PageEntry } from "./entry.ts";
import { requireOpen, requireWritable, type TransactionState } from "./transaction-state.ts";
import { checkDepth, childOf, entryCount, type Tree, treeRoot } from "./tree.ts";

/** Where the next leaf is: 1 to the right, -1 to the left. */
type Side = 1 | -1;

/**
 * Walks a bucket in key order. Every move returns the entry that it arrived at, or undefined when
 * there is none, and then the cursor stays where it was. After a change of the bucket, by `delete`
 * or otherwise, `next` and `prev` go on from the key that the cursor was on.
 */
export class Cursor {
  readonly #state: TransactionState;
  readonly #tree: Tree;
  /** Branches from the root to above the leaf, and the child taken in each. */
  readonly #path: (BranchNode | Page)[] = [];
  readonly #taken: number[] = [];
  #leaf: LeafNode | Page | undefined;
  /** The leaf again when it is a page: the quick way for `next`. */
  #page: Page | undefined;
  #index = 0;
  /** The key of the current entry in a node, where indexes shift. */
  #nodeKey: Uint8Array | undefined;
  #changes = 0;

  constructor(state: TransactionState, tree: Tree) {
    this.#state = state;
    this.#tree = tree;
    state.stats.cursors++;
  }

  first(): Entry | undefined {
    requireOpen(this.#state);
    this.#start();
    this.#descend(treeRoot(this.#tree), firstChild);
    this.#index = -1;
    return this.#forward();
  }

  last(): Entry | undefined {
    requireOpen(this.#state);
    this.#start();
    this.#descend(treeRoot(this.#tree), lastChild);
    this.#index = entryCount(this.#leaf!);
    return this.#backward();
  }

  /** The entry with this key, or the first above it. */
  seek(key: Uint8Array): Entry | undefined {
    requireOpen(this.#state);
    this.#start();
    this.#descend(treeRoot(this.#tree), (at) =>
      at instanceof Page ? searchBranch(at, key) : searchChildren(at, key),
    );
    const leaf = this.#leaf!;
    const at = leaf instanceof Page ? searchLeaf(leaf, key) : searchNode(leaf, key);
    this.#index = (at < 0 ? ~at : at) - 1;
    return this.#forward() ?? this.#pastTheEnd();
  }

  next(): Entry | undefined {
    requireOpen(this.#state);
    if (this.#changes !== this.#tree.changes) return this.#nextAfterChange();
    const page = this.#page;
    if (page !== undefined && this.#index + 1 < page.count)
      return new PageEntry(page, ++this.#index);
    return this.#leaf === undefined ? undefined : this.#forward();
  }

  prev(): Entry | undefined {
    requireOpen(this.#state);
    if (this.#changes !== this.#tree.changes) this.#seekAgain();
    return this.#leaf === undefined ? undefined : this.#backward();
  }

  /** Removes the entry that the cursor is on. A nested bucket: `INCOMPATIBLE_VALUE`. */
  delete(): void {
    requireWritable(this.#state);
    const key = this.#currentKey();
    if (key === undefined) throw new BoltError("NO_CURRENT_ENTRY");
    deleteValue(this.#tree, key);
  }

  #currentKey(): Uint8Array | undefined {
    const page = this.#page;
    if (page === undefined) return this.#nodeKey;
    return this.#index >= 0 && this.#index < page.count ? leafKey(page, this.#index) : undefined;
  }

  #start(): void {
    this.#path.length = 0;
    this.#taken.length = 0;
    this.#leaf = undefined;
    this.#page = undefined;
    this.#nodeKey = undefined;
    this.#changes = this.#tree.changes;
  }

  #nextAfterChange(): Entry | undefined {
    const key = this.#currentKey();
    if (key === undefined) return undefined;
    const found = this.seek(key);
    return found !== undefined && compareBytes(found.key, key) === 0 ? this.#forward() : found;
  }

  #seekAgain(): void {
    const key = this.#currentKey();
    if (key !== undefined) this.seek(key);
  }

  /** After a seek beyond the last key, `prev` finds the last one. */
  #pastTheEnd(): undefined {
    this.#index = entryCount(this.#leaf!);
    return undefined;
  }

  #forward(): Entry | undefined {
    if (this.#index + 1 < entryCount(this.#leaf!)) this.#index++;
    else if (this.#toLeaf(1)) this.#index = 0;
    else return undefined;
    return this.#entry(this.#leaf!);
  }

  #backward(): Entry | undefined {
    if (this.#index > 0) this.#index--;
    else if (this.#toLeaf(-1)) this.#index = entryCount(this.#leaf!) - 1;
    else return undefined;
    return this.#entry(this.#leaf!);
  }

  #entry(leaf: LeafNode | Page): Entry {
    if (leaf instanceof Page) return new PageEntry(leaf, this.#index);
    const key = keyAt(leaf, this.#index);
    this.#nodeKey = key;
    const isBucket = (flagsAt(leaf, this.#index) & BUCKET_ELEMENT) !== 0;
    return nodeEntry(key, isBucket ? undefined : valueAt(leaf, this.#index));
  }

  /**
   * To the next leaf on a side that has any entry: this transaction may have emptied some. Where there
   * is none, the cursor comes back to where it was.
   */
  #toLeaf(side: Side): boolean {
    let steps = 0;
    while (this.#toNeighbour(side)) {
      if (entryCount(this.#leaf!) > 0) return true;
      steps++;
    }
    for (; steps > 0; steps--) this.#toNeighbour(side === 1 ? -1 : 1);
    return false;
  }

  /** To the leaf beside this one; false at the end of the tree. */
  #toNeighbour(side: Side): boolean {
    const old = this.#leaf!;
    let depth = this.#path.length - 1;
    while (depth >= 0 && this.#isAtEnd(depth, side)) depth--;
    if (depth < 0) return false;
    this.#climbTo(depth);
    this.#taken[depth]! += side;
    this.#descend(this.#child(depth), side === 1 ? firstChild : lastChild);
    if (side === 1) checkOrder(old, this.#leaf!);
    else checkOrder(this.#leaf!, old);
    return true;
  }

  #isAtEnd(depth: number, side: Side): boolean {
    const taken = this.#taken[depth]!;
    return side === 1 ? taken + 1 >= entryCount(this.#path[depth]!) : taken === 0;
  }

  #climbTo(depth: number): void {
    if (this.#path.length === depth + 1) return;
    this.#path.length = depth + 1;
    this.#taken.length = depth + 1;
  }

  #child(depth: number): Node | Page {
    return childOf(this.#tree, this.#path[depth]!, this.#taken[depth]!);
  }

  /** Extends the path from `at` down to a leaf. */
  #descend(from: Node | Page, choose: (at: BranchNode | Page) => number): void {
    let at = from;
    while (!at.isLeaf) {
      this.#path.push(at);
      this.#taken.push(choose(at));
      checkDepth(this.#path.length);
      at = this.#child(this.#path.length - 1);
    }
    this.#leaf = at;
    this.#page = at instanceof Page ? at : undefined;
  }
}

function firstChild(): number {
  return 0;
}

function lastChild(at: Node | Page): number {
  return entryCount(at) - 1;
}

/** In a damaged file two branches may share a child: without this a walk could take for ever. */
function checkOrder(left: Node | Page, right: Node | Page): void {
  if (!(left instanceof Page) || !(right instanceof Page)) return;
  if (left.count === 0 || right.count === 0) return;
  if (compareFirstKeys(left, right) >= 0) {
    throw new BoltError("CORRUPT", `keys of pages ${left.id} and ${right.id} are out of order`);
  }
}
