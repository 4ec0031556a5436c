import { compareBytes } from "@nodetcd/bytes";
import { BitSet } from "./bit-set.ts";
import { BoltError } from "./errors.ts";
import type { StoredFreelist } from "./load-freelist.ts";
import { type Page, pageTypeName } from "./page.ts";
import { branchChild, branchKey } from "./page-branch.ts";
import { leafKey } from "./page-leaf.ts";
import type { TransactionState } from "./transaction-state.ts";
import { checkDepth, Tree } from "./tree.ts";
import { nestedTrees } from "./walk.ts";

export type CheckKind =
  | "already-freed"
  | "out-of-bounds"
  | "multiple-references"
  | "reachable-freed"
  | "invalid-type"
  | "unreachable-unfreed"
  | "key-below-ancestor"
  | "key-order"
  | "key-above-ancestor"
  | "damaged"
  | "page-id-out-of-range";

/** One thing that is wrong. */
export interface CheckFinding {
  readonly kind: CheckKind;
  readonly pageId: number;
  /** bbolt's own words, where bbolt knows the finding. */
  readonly message: string;
}

export interface CheckOptions {
  /** Begin at this page instead of the root, and leave out what needs the whole file. */
  pageId?: number;
  /** Called for every page of a tree that was looked at, for showing progress. */
  onPage?: () => void;
  /** How keys appear in messages; default hexadecimal. */
  keyToString?: (key: Uint8Array) => string;
}

interface Check {
  readonly state: TransactionState;
  /** Pages below it are there. */
  readonly end: number;
  readonly unused: BitSet;
  readonly reachable: BitSet;
  readonly keyToString: (key: Uint8Array) => string;
  readonly onPage: (() => void) | undefined;
}

/**
 * Checks the committed state that a transaction began from: every page is used once or free once,
 * lies below the high-water mark, is of a kind that belongs in a tree, and holds keys in order
 * within the range its parents give it.
 *
 * @param readFreelist free and pending pages of that state; undefined leaves out what depends on them
 * @param filePages whole pages in the file: a healthy one has all below the high-water mark
 */
export function* checkState(
  state: TransactionState,
  readFreelist: () => StoredFreelist | undefined,
  options: CheckOptions,
  filePages: number = Infinity,
): Generator<CheckFinding> {
  const check: Check = {
    state,
    end: Math.min(state.base.highWater, filePages),
    unused: new BitSet(),
    reachable: new BitSet(),
    keyToString: options.keyToString ?? ((key) => Buffer.from(key).toString("hex")),
    onPage: options.onPage,
  };
  const { highWater, freelistPageId } = state.base;
  const freelist = yield* checkFreelist(check, readFreelist);
  check.reachable.add(0);
  check.reachable.add(1);
  if (freelistPageId !== undefined && freelist !== undefined) {
    for (let i = 0; i <= freelist.overflow; i++) check.reachable.add(freelistPageId + i);
  }
  const { pageId } = options;
  if (pageId !== undefined) {
    if (pageId < 2 || pageId >= highWater) {
      const message = `page ID (${pageId}) out of range [2, ${highWater})`;
      yield { kind: "page-id-out-of-range", pageId, message };
    } else yield* checkTree(check, new Tree(state, pageId, 0n));
    return;
  }
  yield* checkTree(check, new Tree(state, state.base.rootPageId, 0n));
  if (freelist === undefined) return;
  if (check.end < highWater) {
    const message = `pages ${check.end} to ${highWater - 1}: beyond the end of the file`;
    yield { kind: "damaged", pageId: check.end, message };
  }
  for (let id = 0; id < check.end; id++) {
    if (!check.reachable.has(id) && !check.unused.has(id)) {
      yield found("unreachable-unfreed", id, "unreachable unfreed");
    }
  }
}

function found(kind: CheckKind, pageId: number, text: string): CheckFinding {
  return { kind, pageId, message: `page ${pageId}: ${text}` };
}

function* checkFreelist(
  check: Check,
  readFreelist: () => StoredFreelist | undefined,
): Generator<CheckFinding, StoredFreelist | undefined> {
  const { freelistPageId } = check.state.base;
  let freelist: StoredFreelist | undefined;
  try {
    freelist = readFreelist();
  } catch (error) {
    if (!(error instanceof BoltError)) throw error;
    yield { kind: "damaged", pageId: freelistPageId ?? 0, message: detailOf(error) };
  }
  for (const id of freelist?.ids ?? []) {
    if (id < 2 || id >= check.end) {
      yield found("out-of-bounds", id, `free, but out of bounds: ${check.end}`);
      continue;
    }
    if (check.unused.has(id)) yield found("already-freed", id, "already freed");
    check.unused.add(id);
  }
  return freelist;
}

/** A tree with all buckets nested in it. */
function* checkTree(check: Check, tree: Tree): Generator<CheckFinding> {
  yield* checkPage(check, tree, tree.rootPageId, undefined, undefined, []);
}

/** One page of a tree with all below it. Its keys lie from `low` on and below `high`. */
function* checkPage(
  check: Check,
  tree: Tree,
  id: number,
  low: Uint8Array | undefined,
  high: Uint8Array | undefined,
  above: readonly number[],
): Generator<CheckFinding> {
  const stack = [...above, id];
  check.onPage?.();
  const page = yield* readPage(check, id, stack);
  if (page === undefined) return;
  const again = yield* markReached(check, page, stack);
  yield* checkKeys(check, page, low, high, stack);
  // Going down again would find the same, and in a circle for ever.
  if (again) return;
  if (page.isLeaf) {
    yield* checkNested(check, tree, page);
    return;
  }
  for (let i = 0; i < page.count; i++) {
    const next = i + 1 < page.count ? branchKey(page, i + 1) : high;
    yield* checkPage(check, tree, branchChild(page, i), branchKey(page, i), next, stack);
  }
}

/** The page, if it is one that can be looked into. */
function* readPage(
  check: Check,
  id: number,
  stack: readonly number[],
): Generator<CheckFinding, Page | undefined> {
  const { highWater } = check.state.base;
  const trail = `(stack: [${stack.join(" ")}])`;
  if (id < 2 || id >= highWater) {
    yield found("out-of-bounds", id, `out of bounds: ${highWater} ${trail}`);
    return undefined;
  }
  try {
    checkDepth(stack.length);
    return check.state.page(id);
  } catch (error) {
    if (!(error instanceof BoltError)) throw error;
    if (id < check.end) check.reachable.add(id);
    const kind = error.message.includes("invalid type") ? "invalid-type" : "damaged";
    yield { kind, pageId: id, message: `${detailOf(error)} ${trail}` };
    return undefined;
  }
}

/** Returns true when the page was met before. */
function* markReached(
  check: Check,
  page: Page,
  stack: readonly number[],
): Generator<CheckFinding, boolean> {
  let again = false;
  for (let id = page.id; id <= page.id + page.overflow; id++) {
    if (check.reachable.has(id)) {
      yield found("multiple-references", id, `multiple references (stack: [${stack.join(" ")}])`);
      again = true;
    }
    check.reachable.add(id);
  }
  if (check.unused.has(page.id)) yield found("reachable-freed", page.id, "reachable freed");
  return again;
}

/** What a `CORRUPT` error says after its code's own sentence. */
function detailOf(error: BoltError): string {
  return error.message.replace(/^corrupt database: /, "");
}

function* checkKeys(
  check: Check,
  page: Page,
  low: Uint8Array | undefined,
  high: Uint8Array | undefined,
  stack: readonly number[],
): Generator<CheckFinding> {
  const kind = page.isLeaf ? "leaf" : pageTypeName(page.flags);
  const text = check.keyToString;
  const where = `on ${kind} page(${page.id})`;
  let previous = low;
  for (let i = 0; i < page.count; i++) {
    const key = page.isLeaf ? leafKey(page, i) : branchKey(page, i);
    const order = previous === undefined ? -1 : compareBytes(previous, key);
    if (i === 0 && order > 0) {
      const message =
        `the first key[0]=(hex)${text(key)} ${where} needs to be >= the key in the ancestor ` +
        `(${text(previous!)}). Stack: [${stack.join(" ")}]`;
      yield { kind: "key-below-ancestor", pageId: page.id, message };
    }
    if (i > 0 && order >= 0) {
      const message =
        `key[${i}]=(hex)${text(key)} ${where} needs to be > (found ${order > 0 ? "<" : "="}) than ` +
        `previous element (hex)${text(previous!)}. Stack: [${stack.join(" ")}]`;
      yield { kind: "key-order", pageId: page.id, message };
    }
    if (high !== undefined && compareBytes(key, high) >= 0) {
      const message =
        `key[${i}]=(hex)${text(key)} ${where} needs to be < than key of the next element in ` +
        `ancestor (hex)${text(high)}. Pages stack: [${stack.join(" ")}]`;
      yield { kind: "key-above-ancestor", pageId: page.id, message };
    }
    previous = key;
  }
}

function* checkNested(check: Check, parent: Tree, page: Page): Generator<CheckFinding> {
  try {
    for (const tree of nestedTrees(parent, page)) {
      if (tree.inlinePage === undefined) yield* checkTree(check, tree);
      else yield* checkKeys(check, tree.inlinePage, undefined, undefined, [page.id]);
    }
  } catch (error) {
    if (!(error instanceof BoltError)) throw error;
    yield { kind: "damaged", pageId: page.id, message: `page ${page.id}: ${detailOf(error)}` };
  }
}
