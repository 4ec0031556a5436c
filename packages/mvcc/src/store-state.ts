import type { Clock, Logger } from "@nodetcd/runtime";
import type { BackendLike, KeyLeases } from "./backend-like.ts";
import type { StoreStats } from "./stats.ts";
import type { TreeIndex } from "./tree-index.ts";
import type { ValueCache } from "./value-cache.ts";

/** A hash over the history up to `hashRevision` as seen after the compaction at `compactRevision`. */
export interface CompactHash {
  /** CRC-32C, unsigned. */
  readonly hash: number;
  /** -1 when there was no compaction. */
  readonly compactRevision: number;
  readonly hashRevision: number;
}

/** What the operations of one store work on. */
export interface StoreState {
  backend: BackendLike;
  index: TreeIndex;
  values: ValueCache;
  readonly lessor: KeyLeases;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stats: StoreStats;
  readonly compactionBatchLimit: number;
  readonly compactionSleepMs: number;
  /** Of the last finished write transaction; an empty store has 1. */
  revision: number;
  /** Lowest readable revision; -1 while nothing was ever compacted. */
  compactRevision: number;
  /** As in the `meta` bucket; -1 when there is no mark. They differ while a compaction runs. */
  scheduledCompactRevision: number;
  finishedCompactRevision: number;
  /** Newest last. */
  compactHashes: CompactHash[];
  /**
   * Work that reads the history in slices. A compaction above `revision` would take away what it reads,
   * and waits for `done` with its deletions.
   */
  readonly historyReaders: Set<{ readonly revision: number; readonly done: Promise<void> }>;
  closed: boolean;
}
