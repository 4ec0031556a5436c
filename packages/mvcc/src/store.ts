import { assert } from "@nodetcd/bytes";
import { type Clock, type Logger, silentLogger, Slice } from "@nodetcd/runtime";
import { BackgroundWork } from "./background-work.ts";
import type { BackendLike, KeyLeases } from "./backend-like.ts";
import type { Change } from "./change.ts";
import { compact, type Compaction } from "./compact.ts";
import { hashKv } from "./hash.ts";
import { CACHE_BYTES, COMPACTION_BATCH_LIMIT, COMPACTION_SLEEP_MS, SLICE_MS } from "./limits.ts";
import {
  range,
  type RangeOptions,
  type RangeResult,
  rangeWithin,
  readAt,
  readNewest,
  spansMoreThan,
} from "./range.ts";
import { RangeReader, type RangeReaderOptions } from "./range-reader.ts";
import { restore, type Restored } from "./restore.ts";
import { newStats, type StoreStats } from "./stats.ts";
import type { CompactHash, StoreState } from "./store-state.ts";
import { keyBytes, type StoredKeyValue } from "./stored-key-value.ts";
import { WriteTransaction } from "./txn.ts";
import { ValueCache } from "./value-cache.ts";
import { WatchHub } from "./watch/hub.ts";

export interface StoreOptions {
  readonly clock: Clock;
  /** Holds which key belongs to which lease; must have read its own records already. */
  readonly lessor: KeyLeases;
  /** Default: nothing is logged. */
  readonly logger?: Logger | undefined;
  /** Records in one step of a compaction. Default 1000. */
  readonly compactionBatchLimit?: number | undefined;
  /** Milliseconds that a compaction rests at least after a step beside which others worked. Default 10. */
  readonly compactionSleepMs?: number | undefined;
  /**
   * Budget of recent values held in memory, in bytes. 0 reads every value from the backend.
   * Default 128 MiB.
   */
  readonly cacheBytes?: number | undefined;
  /** Any 32-bit number that clients cannot know: keys cannot be chosen to collide then. Default 0. */
  readonly hashSeed?: number | undefined;
}

/** Opens the history that a backend holds, and takes up a compaction that was not finished. */
export async function openStore(backend: BackendLike, options: StoreOptions): Promise<Store> {
  const hashSeed = options.hashSeed ?? 0;
  const restored = await restore(backend, options.clock, hashSeed);
  const store = new Store(backend, options, restored);
  await store.begin(restored);
  return store;
}

/**
 * The key space with its history. Reads and writes are synchronous; what takes long (compaction,
 * hash, catching up of watchers) runs in slices between them.
 */
export class Store {
  readonly watches: WatchHub;
  readonly #state: StoreState;
  readonly #hashSeed: number;
  readonly #cacheBytes: number;
  #work = new BackgroundWork();
  #writing = false;

  /** Use `openStore`. */
  constructor(backend: BackendLike, options: StoreOptions, restored: Restored) {
    this.#hashSeed = options.hashSeed ?? 0;
    this.#cacheBytes = options.cacheBytes ?? CACHE_BYTES;
    this.#state = {
      backend,
      index: restored.index,
      values: new ValueCache(this.#cacheBytes),
      lessor: options.lessor,
      clock: options.clock,
      logger: options.logger ?? silentLogger,
      stats: newStats(),
      compactionBatchLimit: options.compactionBatchLimit ?? COMPACTION_BATCH_LIMIT,
      compactionSleepMs: options.compactionSleepMs ?? COMPACTION_SLEEP_MS,
      revision: restored.revision,
      compactRevision: restored.finishedCompactRevision,
      scheduledCompactRevision: restored.scheduledCompactRevision,
      finishedCompactRevision: restored.finishedCompactRevision,
      compactHashes: [],
      historyReaders: new Set(),
      closed: false,
    };
    this.watches = new WatchHub(this.#state);
  }

  /** The newest revision; an empty store has 1. */
  get revision(): number {
    return this.#state.revision;
  }

  /** The lowest revision that can be read; -1 while nothing was ever compacted, as in etcd. */
  get compactRevision(): number {
    return this.#state.compactRevision;
  }

  /** Keys that exist now. */
  get keysTotal(): number {
    return this.#state.index.alive;
  }

  /** Bytes of recent values held in memory. */
  get cachedBytes(): number {
    return this.#state.values.bytes;
  }

  get stats(): Readonly<StoreStats> {
    return this.#state.stats;
  }

  /**
   * The newest value of one key: the hot path. The result may be kept.
   *
   * @param key borrowed for the call
   */
  get(key: Uint8Array): StoredKeyValue | undefined {
    const entry = this.#state.index.get(key);
    if (entry === undefined) return undefined;
    // A transaction that has not ended yet may have changed the key.
    if (entry.main > this.#state.revision) return readAt(this.#state, entry, this.#state.revision);
    return entry.alive ? readNewest(this.#state, entry) : undefined;
  }

  /** See `range`. Raises `COMPACTED` and `FUTURE_REVISION`. */
  range(key: Uint8Array, end: Uint8Array | undefined, options: RangeOptions = {}): RangeResult {
    return range(this.#state, key, end, options, this.#state.revision);
  }

  /** As `range`; undefined when the pairs are more than `maxBytes`: they are for `readRange`. */
  rangeWithin(
    key: Uint8Array,
    end: Uint8Array | undefined,
    options: RangeOptions,
    maxBytes: number,
  ): RangeResult | undefined {
    return rangeWithin(this.#state, key, end, options, this.#state.revision, maxBytes);
  }

  /**
   * True when more than `keys` keys lie between `key` and `end`, deleted ones included as long as they
   * have a history. What is larger is for `readRange`.
   */
  spansMoreThan(key: Uint8Array, end: Uint8Array, keys: number): boolean {
    return spansMoreThan(this.#state, key, end, keys);
  }

  /**
   * Reads a range of any size in slices: see `RangeReader`. Raises `COMPACTED` and `FUTURE_REVISION`.
   *
   * @param key borrowed for the call
   * @param end `[0]`: all keys from `key` on; else exclusive. Not empty; borrowed for the call
   */
  readRange(key: Uint8Array, end: Uint8Array, options: RangeReaderOptions = {}): RangeReader {
    return new RangeReader(this.#state, key, end, options, this.#state.revision);
  }

  /** Begins the one write transaction: see there for how long it may be open. */
  beginWrite(): WriteTransaction {
    assert(!this.#writing, "Store.beginWrite: a write transaction is open");
    assert(!this.#state.closed, "Store.beginWrite: the store is closed");
    this.#writing = true;
    return new WriteTransaction(this.#state, (changes) => this.#endWrite(changes));
  }

  #endWrite(changes: readonly Change[]): void {
    this.#writing = false;
    if (changes.length === 0) return;
    this.#state.revision++;
    this.watches.notify(changes);
  }

  /** See `Compaction`. Raises `COMPACTED` and `FUTURE_REVISION`. */
  compact(revision: number): Compaction {
    return compact(this.#state, this.#work, revision);
  }

  /** Resolves when the compactions asked for so far have settled. */
  compactionsSettled(): Promise<void> {
    return this.#work.idle();
  }

  /** The hash of the history up to `revision`, 0 for the newest; as etcd's HashKV. */
  hashKv(revision: number): Promise<CompactHash> {
    const state = this.#state;
    const { index } = state;
    return hashKv(state, revision, () => state.closed || state.index !== index);
  }

  /** Hashes of the last finished compactions, oldest first, at most ten. */
  compactHashes(): readonly CompactHash[] {
    return this.#state.compactHashes;
  }

  /** Reads another history in slices, while this store shows its own; for `adopt`. */
  readHistory(backend: BackendLike): Promise<Restored> {
    return restore(backend, this.#state.clock, this.#hashSeed);
  }

  /** Before another history is adopted: background work on this one ends, and will not come again. */
  async stopWork(): Promise<void> {
    await this.#work.stop();
    this.#work = new BackgroundWork();
  }

  /**
   * Shows another history from this turn on, as after a snapshot from the leader; the lessor has read its
   * leases. Watchers stay, and catch up from where they are. Until it resolves leases get their keys, and
   * the store must not be written.
   *
   * @param backend where that history is from now on
   */
  async adopt(backend: BackendLike, restored: Restored): Promise<void> {
    const state = this.#state;
    state.backend = backend;
    state.index = restored.index;
    state.values = new ValueCache(this.#cacheBytes);
    state.revision = restored.revision;
    state.compactRevision = restored.finishedCompactRevision;
    state.scheduledCompactRevision = restored.scheduledCompactRevision;
    state.finishedCompactRevision = restored.finishedCompactRevision;
    state.compactHashes = [];
    this.watches.restart();
    await this.begin(restored);
  }

  /** Attaches leases and resumes a compaction; part of opening. */
  async begin(restored: Restored): Promise<void> {
    const { clock, lessor, logger } = this.#state;
    const slice = new Slice(clock, SLICE_MS);
    for (const entry of restored.leased) {
      try {
        lessor.attach(entry.lease, keyBytes(entry.key));
      } catch (error) {
        logger.warn("failed to attach a lease", { lease: entry.lease, error: String(error) });
      }
      if (slice.isOver()) await slice.next();
    }
    const { scheduledCompactRevision, finishedCompactRevision } = restored;
    if (scheduledCompactRevision <= finishedCompactRevision) return;
    logger.info("resume scheduled compaction", {
      "scheduled-compact-revision": scheduledCompactRevision,
    });
    this.compact(scheduledCompactRevision);
  }

  /** Stops background work; a compaction under way is taken up when the backend is opened again. */
  async close(): Promise<void> {
    this.#state.closed = true;
    this.watches.close();
    await this.#work.stop();
    for (const reader of this.#state.historyReaders) await reader.done;
  }
}
