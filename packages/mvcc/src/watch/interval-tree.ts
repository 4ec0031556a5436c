/** A range of keys and what is kept for it. `end` undefined is the end of the key space. */
interface Node<T> {
  readonly start: string;
  readonly end: string | undefined;
  readonly items: Set<T>;
  readonly priority: number;
  /** The greatest `end` of this subtree. */
  maxEnd: string | undefined;
  left: Node<T> | undefined;
  right: Node<T> | undefined;
}

type Subtree<T> = Node<T> | undefined;

/**
 * Items by ranges of keys, to find all whose range holds a key: a treap ordered by (start, end)
 * that knows the greatest end of each subtree. Adding, removing and finding take O(log ranges), plus
 * the ranges found. Items of equal ranges share a node.
 */
export class IntervalTree<T> {
  #root: Subtree<T>;
  #random = 0x2545f491;

  add(start: string, end: string | undefined, item: T): void {
    const existing = this.#find(start, end);
    if (existing !== undefined) {
      existing.items.add(item);
      return;
    }
    const items = new Set([item]);
    const priority = this.#nextPriority();
    const fresh: Node<T> = {
      start,
      end,
      items,
      priority,
      maxEnd: end,
      left: undefined,
      right: undefined,
    };
    this.#root = insert(this.#root, fresh);
  }

  /** False when it was not there. */
  remove(start: string, end: string | undefined, item: T): boolean {
    const node = this.#find(start, end);
    if (node === undefined || !node.items.delete(item)) return false;
    if (node.items.size === 0) this.#root = detach(this.#root, node);
    return true;
  }

  /** Calls `visit` for every item whose range holds `key`. The tree must not change meanwhile. */
  visit(key: string, visit: (item: T) => void): void {
    visitNode(this.#root, key, visit);
  }

  /** True when some range holds `key`. */
  has(key: string): boolean {
    return covers(this.#root, key);
  }

  #find(start: string, end: string | undefined): Subtree<T> {
    let node = this.#root;
    while (node !== undefined) {
      const order = compareRange(start, end, node);
      if (order === 0) return node;
      node = order < 0 ? node.left : node.right;
    }
    return undefined;
  }

  /** xorshift32: the shape only has to be independent of the order of ranges. */
  #nextPriority(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return x;
  }
}

function compareEnd(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -1 : 1;
}

function compareRange<T>(start: string, end: string | undefined, node: Node<T>): number {
  if (start !== node.start) return start < node.start ? -1 : 1;
  return compareEnd(end, node.end);
}

function update<T>(node: Node<T>): Node<T> {
  let max = node.end;
  const { left, right } = node;
  if (left !== undefined && compareEnd(left.maxEnd, max) > 0) max = left.maxEnd;
  if (right !== undefined && compareEnd(right.maxEnd, max) > 0) max = right.maxEnd;
  node.maxEnd = max;
  return node;
}

function insert<T>(node: Subtree<T>, fresh: Node<T>): Node<T> {
  if (node === undefined) return fresh;
  if (compareRange(fresh.start, fresh.end, node) < 0) {
    node.left = insert(node.left, fresh);
    return node.left.priority > node.priority ? rotateRight(node, node.left) : update(node);
  }
  node.right = insert(node.right, fresh);
  return node.right.priority > node.priority ? rotateLeft(node, node.right) : update(node);
}

function rotateRight<T>(node: Node<T>, left: Node<T>): Node<T> {
  node.left = left.right;
  left.right = update(node);
  return update(left);
}

function rotateLeft<T>(node: Node<T>, right: Node<T>): Node<T> {
  node.right = right.left;
  right.left = update(node);
  return update(right);
}

function detach<T>(node: Subtree<T>, target: Node<T>): Subtree<T> {
  if (node === undefined) return undefined;
  if (node === target) return join(node.left, node.right);
  if (compareRange(target.start, target.end, node) < 0) node.left = detach(node.left, target);
  else node.right = detach(node.right, target);
  return update(node);
}

/** Joins two subtrees, all of the left one before all of the right one. */
function join<T>(left: Subtree<T>, right: Subtree<T>): Subtree<T> {
  if (left === undefined) return right;
  if (right === undefined) return left;
  if (left.priority > right.priority) {
    left.right = join(left.right, right);
    return update(left);
  }
  right.left = join(left, right.left);
  return update(right);
}

function endsAbove(end: string | undefined, key: string): boolean {
  return end === undefined || end > key;
}

function visitNode<T>(node: Subtree<T>, key: string, visit: (item: T) => void): void {
  while (node !== undefined && endsAbove(node.maxEnd, key)) {
    visitNode(node.left, key, visit);
    if (node.start > key) return;
    if (endsAbove(node.end, key)) for (const item of node.items) visit(item);
    node = node.right;
  }
}

function covers<T>(node: Subtree<T>, key: string): boolean {
  while (node !== undefined && endsAbove(node.maxEnd, key)) {
    if (covers(node.left, key)) return true;
    if (node.start > key) return false;
    if (endsAbove(node.end, key)) return true;
    node = node.right;
  }
  return false;
}
