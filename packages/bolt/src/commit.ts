import type { Clock, DiskFile } from "@nodetcd/runtime";
import { DEFAULT_SLICE_MS } from "./limits.ts";
import { type Meta, metaPage } from "./meta.ts";
import { rebalanceTree } from "./node-merge.ts";
import { spillTree } from "./node-split.ts";
import { freelistSize, writeFreelistPage } from "./page-freelist.ts";
import { atOnce, sliced } from "./steps.ts";
import type { TransactionState } from "./transaction-state.ts";
import type { Tree } from "./tree.ts";
import { PagesNotSynced, savePages, writePages } from "./write-pages.ts";

/** What a commit needs of the database. */
export interface CommitTarget {
  readonly file: DiskFile;
  readonly storeFreelist: boolean;
  readonly sync: boolean;
  /** Free pages at the end leave the file. */
  readonly shrink: boolean;
  readonly clock: Clock | undefined;
  /** Monotonic milliseconds, 0 without a clock. */
  now(): number;
  /** Makes the file large enough for so many bytes. */
  grow(bytes: number): void;
  growAsync(bytes: number): Promise<void>;
  /** Cuts off some of what is beyond so many bytes. Never raises. */
  cutAsync(bytes: number): Promise<void>;
  /** The pages are written: from here on they are found by their ids. Yields after each. */
  pagesWritten(state: TransactionState, meta: Meta): Generator<void>;
  /** What is on disk is no longer known. Always raises. */
  poison(error: unknown): never;
}

/**
 * Writes all changes and makes them the committed state, or raises and leaves the old one. The
 * order is what makes a crash at any point harmless: new pages go where no committed state looks,
 * they are on disk before a meta points to them, and that meta takes the place of the older one.
 */
export function commit(target: CommitTarget, state: TransactionState, root: Tree): Meta {
  const meta = atOnce(prepare(target, state, root));
  target.grow(meta.highWater * meta.pageSize);
  writePages(target.file, state);
  try {
    if (target.sync) target.file.sync();
    atOnce(target.pagesWritten(state, meta));
    target.file.write(metaPage(meta, meta.txid % 2), (meta.txid % 2) * meta.pageSize);
    if (target.sync) target.file.sync();
  } catch (error) {
    target.poison(error);
  }
  return meta;
}

/** As `commit`, in slices of at most `sliceMs` milliseconds; reading and writing off the loop. */
export async function commitAsync(
  target: CommitTarget,
  state: TransactionState,
  root: Tree,
  sliceMs: number = DEFAULT_SLICE_MS,
): Promise<Meta> {
  const meta = await sliced(target.clock, prepare(target, state, root), sliceMs);
  await target.growAsync(meta.highWater * meta.pageSize);
  try {
    await savePages(target.file, state, target.sync);
  } catch (error) {
    if (error instanceof PagesNotSynced) target.poison(error.cause);
    throw error;
  }
  try {
    await sliced(target.clock, target.pagesWritten(state, meta), sliceMs);
    const position = (meta.txid % 2) * meta.pageSize;
    const page = [metaPage(meta, meta.txid % 2)];
    if (target.sync) await target.file.writeSynced(page, position);
    else await target.file.writeAsync(page, position);
  } catch (error) {
    target.poison(error);
  }
  if (target.shrink) await target.cutAsync(meta.highWater * meta.pageSize);
  return meta;
}

/** Everything that happens in memory: merge, split, give page ids, list the free pages. */
function* prepare(
  target: CommitTarget,
  state: TransactionState,
  root: Tree,
): Generator<void, Meta> {
  const began = target.now();
  yield* rebalanceTree(state, root);
  const merged = target.now();
  yield* spillTree(state, root);
  state.stats.rebalanceMs += merged - began;
  state.stats.spillMs += target.now() - merged;
  yield;
  if (target.shrink) state.highWater = state.freelist.trim(state.highWater);
  const freelistPageId = replaceFreelist(target, state);
  yield;
  return {
    ...state.base,
    rootPageId: root.rootPageId,
    rootSequence: root.sequence,
    freelistPageId,
    highWater: state.highWater,
    txid: state.txid,
  };
}

/** The list is measured before its own pages are taken from it, so they are never too few. */
function replaceFreelist(target: CommitTarget, state: TransactionState): number | undefined {
  const { base, freelist } = state;
  if (base.freelistPageId !== undefined) state.free(base.freelistPageId, state.freelistOverflow);
  if (!target.storeFreelist) return undefined;
  const size = freelistSize(freelist.freeCount + freelist.pendingCount);
  const pages = state.allocate(size, false);
  writeFreelistPage(pages, freelist.unusedIds());
  state.freelistOverflow = pages.overflow;
  return pages.id;
}
