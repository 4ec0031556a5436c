import { Slice } from "@nodetcd/runtime";
import { type BackgroundWork, checkNotStopped } from "./background-work.ts";
import { CompactionPace } from "./compaction-pace.ts";
import { compactedError, futureRevisionError } from "./errors.ts";
import { RecordHasher, rememberHash } from "./hash.ts";
import { compactRevisions, hasRevision, isEmpty, type KeyIndex } from "./key-index.ts";
import { COMPACTION_BATCH_BYTES, SLICE_CHECK_RECORDS, SLICE_MS } from "./limits.ts";
import { FINISHED_COMPACT, SCHEDULED_COMPACT } from "./marks.ts";
import { after, isTombstoneKey, mainOf, revisionBound, revisionKey, subOf } from "./revision.ts";
import type { CompactHash, StoreState } from "./store-state.ts";
import { recordKey } from "./stored-key-value.ts";

export interface Compaction {
  /**
   * Settles when the records are gone from the backend and that is on disk. Fails with `CLOSED` when
   * the store closes first; the work then goes on when it is opened again.
   */
  readonly done: Promise<void>;
}

/**
 * Forgets the history below `revision`. On return reads below it are refused and the `scheduled` mark
 * is put; the records go in the background. Raises `COMPACTED` and `FUTURE_REVISION`.
 */
export function compact(state: StoreState, work: BackgroundWork, revision: number): Compaction {
  if (revision <= state.compactRevision) throw compactedError();
  if (revision > state.revision) throw futureRevisionError();

  const previous = state.compactRevision;
  const previousFinished = state.scheduledCompactRevision === state.finishedCompactRevision;
  state.compactRevision = revision;
  state.scheduledCompactRevision = revision;
  state.backend.put("meta", SCHEDULED_COMPACT, revisionKey(revision, 0));

  const done = work.schedule(async (stopped) => {
    const hash = await removeHistory(state, previous, revision, stopped);
    // A hash that did not see all records since the compaction before it would compare unequal.
    if (previousFinished) rememberHash(state, hash);
  });
  done.catch((error: unknown) => {
    state.logger.warn("compaction did not finish", {
      "compact-revision": revision,
      error: String(error),
    });
  });
  return { done };
}

/** The physical part; see "Life of a compaction" in the project's design. */
async function removeHistory(
  state: StoreState,
  previous: number,
  revision: number,
  stopped: () => boolean,
): Promise<CompactHash> {
  const started = state.clock.monotonic();
  const pace = new CompactionPace(state);
  await state.backend.commit();
  await readersBelow(state, revision);
  const anyKept = await compactIndex(state, revision, stopped);

  const walk: RecordWalk = {
    hasher: new RecordHasher(previous, revision),
    anyKept,
    removed: 0,
    next: revisionBound(0),
  };
  const end = revisionBound(revision + 1);
  let committed = 0;
  while (walk.next !== undefined) {
    checkNotStopped(stopped);
    visitBatch(state, walk, end);
    const isLast = walk.next === undefined;
    if (isLast) markFinished(state, revision);
    const isDue = isLast || walk.removed - committed >= state.compactionBatchLimit;
    if (isDue) await state.backend.commit();
    if (isDue) committed = walk.removed;
    if (!isLast) await pace.rest(isDue ? state.compactionSleepMs : 0);
  }

  state.stats.lastCompaction = Math.floor(state.clock.wallTime() / 1000);
  state.logger.info("finished scheduled compaction", {
    "compact-revision": revision,
    "took-ms": Math.round(state.clock.monotonic() - started),
    "number-of-keys-compacted": walk.removed,
    hash: walk.hasher.result.hash,
  });
  return walk.hasher.result;
}

/** Waits for hashes and large reads that need records which this compaction removes. */
async function readersBelow(state: StoreState, revision: number): Promise<void> {
  for (const reader of state.historyReaders) if (reader.revision < revision) await reader.done;
}

/**
 * Drops superseded revisions from the index, in slices; keys without a revision leave it. What is
 * written meanwhile has revisions above `revision`, which are never touched.
 *
 * @returns whether any revision at or below `revision` is left
 */
async function compactIndex(
  state: StoreState,
  revision: number,
  stopped: () => boolean,
): Promise<boolean> {
  let anyKept = false;
  let from: string | undefined = "";
  const slice = new Slice(state.clock, SLICE_MS);
  while (from !== undefined) {
    const chunk = state.index.chunkFrom(from);
    const emptied: KeyIndex[] = [];
    for (let i = chunk.from; i < chunk.entries.length; i++) {
      const entry = chunk.entries[i]!;
      if (compactRevisions(entry, revision) > 0) anyKept = true;
      if (isEmpty(entry)) emptied.push(entry);
    }
    for (const entry of emptied) state.index.remove(entry);
    from = chunk.next;
    if (slice.isOver()) {
      await slice.next();
      checkNotStopped(stopped);
    }
  }
  return anyKept;
}

interface RecordWalk {
  readonly hasher: RecordHasher;
  readonly anyKept: boolean;
  removed: number;
  /** Where the next batch begins; undefined when there is none. */
  next: Uint8Array | undefined;
}

/** Visits one batch of records and deletes those that the index does not know any more. */
function visitBatch(state: StoreState, walk: RecordWalk, end: Uint8Array): void {
  const limit = state.compactionBatchLimit;
  const slice = new Slice(state.clock, SLICE_MS, SLICE_CHECK_RECORDS);
  const superseded: Uint8Array[] = [];
  let visited = 0;
  let bytes = 0;
  let last: Uint8Array | undefined;
  state.backend.range("key", walk.next!, end, limit, (key, value) => {
    const kept = isKept(state, key, value);
    if (!kept) superseded.push(new Uint8Array(key));
    walk.hasher.add(key, value, () => kept || !walk.anyKept);
    visited++;
    bytes += value.length;
    if (!slice.isOver() && visited < limit && bytes < COMPACTION_BATCH_BYTES) return true;
    last = after(key);
    return false;
  });
  for (const key of superseded) state.backend.delete("key", key);
  walk.removed += superseded.length;
  state.stats.compactedKeys += superseded.length;
  walk.next = last;
}

function isKept(state: StoreState, key: Uint8Array, value: Uint8Array): boolean {
  const entry = state.index.get(recordKey(value));
  if (entry === undefined) return false;
  const sub = subOf(key);
  return hasRevision(entry, mainOf(key), isTombstoneKey(key) ? ~sub : sub);
}

/** In the batch of the last deletions, so that the mark is never there without them. */
function markFinished(state: StoreState, revision: number): void {
  state.backend.put("meta", FINISHED_COMPACT, revisionKey(revision, 0));
  state.finishedCompactRevision = revision;
}
