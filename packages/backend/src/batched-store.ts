import type { Database } from "@nodetcd/bolt";
import { assert } from "@nodetcd/bytes";
import {
  type Logger,
  SerialQueue,
  shrinkAndClose,
  silentLogger,
  type Timer,
} from "@nodetcd/runtime";
import { Batch, UNTOUCHED } from "./batch.ts";
import type { BucketName } from "./buckets.ts";
import { writeBatch } from "./commit.ts";
import { CommittedView } from "./committed-view.ts";
import { DatabaseHandle } from "./database-handle.ts";
import { type DefragmentOwner, renameOrClose, runDefragmentation } from "./defragment.ts";
import { DefragmentingCopy } from "./defragmenting-copy.ts";
import { BackendError } from "./errors.ts";
import { hashBuckets, type IgnoreRecord } from "./hash.ts";
import {
  BATCH_CHANGES,
  BATCH_INTERVAL_MS,
  DEFRAGMENT_RECORDS,
  PENDING_BYTES_MAX,
  PENDING_CHANGES_MAX,
} from "./limits.ts";
import type { BackendOptions, BackendRuntime } from "./options.ts";
import { parentOf } from "./path.ts";
import { mergeRange, PendingSource, type SortedSource, type Visit } from "./range.ts";
import { type BackendSnapshot, openFileSnapshot } from "./snapshot.ts";

/** How `Backend` gets at its file; see `openBackend`. */
export interface BackendFile {
  readonly path: string;
  /** Opens the database at `path` with the options that this backend uses. */
  open(path: string): Database;
  /** As `open` of one that is there, beside other work. */
  openInSlices(path: string): Promise<Database>;
}

/**
 * Batched writes over a bolt file. What is put goes into the open batch, in memory; a commit takes the
 * batch and writes it in slices while the next one collects. Reads see the open batch over the one
 * that is being committed over the file. Everything that was put in one synchronous stretch, or while the batch is
 * held, is committed together: after a crash the file holds a prefix of the batches, never a part of one.
 *
 * A failed commit poisons the backend: what is on disk is not known any more, so every later put and
 * commit raises `FAILED`, and the process has to start again from the file.
 */
export class Backend {
  readonly #runtime: BackendRuntime;
  readonly #options: BackendOptions;
  readonly #file: BackendFile;
  readonly #queue = new SerialQueue();
  readonly #batchLimit: number;
  readonly #logger: Logger;
  readonly #commitHooks: (() => void)[] = [];
  #handle: DatabaseHandle;
  #view: CommittedView;
  #open = new Batch();
  #committing: Batch | undefined;
  #timer: Timer | undefined;
  /** A commit that was asked for and has not taken its batch yet. */
  #requested: Promise<void> | undefined;
  /** While batches are held back: resolves when they are not. */
  #held: Promise<void> | undefined;
  #copy: DefragmentingCopy | undefined;
  #defragmenting: Promise<void> = Promise.resolve();
  #failure: BackendError | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;
  #visiting = false;

  /** @param database at the path of `file` */
  constructor(
    runtime: BackendRuntime,
    file: BackendFile,
    options: BackendOptions,
    database: Database,
  ) {
    this.#runtime = runtime;
    this.#options = options;
    this.#file = file;
    this.#batchLimit = options.batchLimit ?? BATCH_CHANGES;
    this.#logger = options.logger ?? silentLogger;
    this.#handle = new DatabaseHandle(database);
    this.#view = new CommittedView(database);
  }

  /** What poisoned the backend, if anything did. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Changes that are not on disk yet. */
  get pendingChanges(): number {
    return this.#open.changes + (this.#committing?.changes ?? 0);
  }

  /** True when so much waits to be committed that writers should wait: see `whenWritable`. */
  get isOverloaded(): boolean {
    return this.#open.changes >= PENDING_CHANGES_MAX || this.#open.bytes >= PENDING_BYTES_MAX;
  }

  /** Resolves once `isOverloaded` is false. */
  async whenWritable(): Promise<void> {
    while (this.isOverloaded) await this.#requestCommit();
  }

  /** The value as of the last put or delete; borrowed until this turn of the loop ends. */
  get(bucket: BucketName, key: Uint8Array): Uint8Array | undefined {
    let value = this.#open.get(bucket, key);
    if (value === UNTOUCHED && this.#committing !== undefined) {
      value = this.#committing.get(bucket, key);
    }
    if (value !== UNTOUCHED) return value;
    return this.#view.get(bucket, key);
  }

  /** Borrows key and value until they are committed: they must not change any more. */
  put(bucket: BucketName, key: Uint8Array, value: Uint8Array): void {
    this.#change(bucket, key, value);
  }

  /** Nothing happens when there is no such key. Borrows the key as `put` does. */
  delete(bucket: BucketName, key: Uint8Array): void {
    this.#change(bucket, key, undefined);
  }

  #change(bucket: BucketName, key: Uint8Array, value: Uint8Array | undefined): void {
    if (this.#failure !== undefined || this.#closed) this.#refuse();
    assert(
      !this.#visiting,
      "Backend: range() was asked to visit, and its visitor changes the backend",
    );
    const batch = this.#open;
    batch.set(bucket, key, value);
    if (batch.changes === 1) this.#startTimer();
    else if (batch.changes === this.#batchLimit) this.#commitInBackground();
  }

  /**
   * Visits pairs in key order as of the last put or delete; both are borrowed until this turn of the
   * loop ends. The visitor must not change the backend; it ends the walk by answering false.
   *
   * @param start inclusive
   * @param end exclusive; undefined goes to the end of the bucket
   * @param limit most pairs to visit; 0 for all
   */
  range(
    bucket: BucketName,
    start: Uint8Array,
    end: Uint8Array | undefined,
    limit: number,
    visit: Visit,
  ): void {
    const sources: SortedSource[] = [];
    for (const batch of [this.#open, this.#committing]) {
      const pending = batch?.buckets.get(bucket);
      if (pending !== undefined) sources.push(new PendingSource(pending, start));
    }
    const stored = this.#view.source(bucket, start);
    if (stored !== undefined) sources.push(stored);
    this.#visiting = true;
    try {
      mergeRange(sources, end, limit, visit);
    } finally {
      this.#visiting = false;
    }
  }

  /**
   * `hook` is called synchronously each time a batch is taken to be committed, after those added before
   * it: what belongs with the batch (such as the consistent index) is put as its last changes. What a hook
   * raises fails the commit, and so poisons the backend.
   */
  onCommit(hook: () => void): void {
    this.#commitHooks.push(hook);
  }

  /** Resolves when everything that was put before this call is on disk. */
  async commit(): Promise<void> {
    this.#refuse();
    await this.#requestCommit();
  }

  /**
   * Holds back the open batch, so that what is put in several turns of the loop is committed together; whoever
   * asks for a commit waits, and so does closing. Once at a time.
   *
   * @returns what ends it
   */
  hold(): () => void {
    assert(this.#held === undefined, "Backend.hold: the batch is held already");
    let resolve = (): void => undefined;
    this.#held = new Promise((resolved) => (resolve = resolved));
    return () => {
      this.#held = undefined;
      resolve();
    };
  }

  #refuse(): void {
    if (this.#failure !== undefined) {
      throw new BackendError("FAILED", `The backend cannot be used: ${this.#failure.message}`, {
        cause: this.#failure,
      });
    }
    if (this.#closed) throw new BackendError("CLOSED", `The backend ${this.#file.path} is closed`);
  }

  #startTimer(): void {
    const { clock } = this.#runtime;
    this.#timer = clock.setTimer(this.#options.batchIntervalMs ?? BATCH_INTERVAL_MS, () =>
      this.#commitInBackground(),
    );
  }

  /** A failure is not lost: it is in `failure`, and every later call raises it. */
  #commitInBackground(): void {
    this.#requestCommit().catch(() => undefined);
  }

  /** The commit that will take what is in the open batch now. */
  #requestCommit(): Promise<void> {
    this.#requested ??= this.#queue.run(async () => {
      do {
        await this.#held;
        // Not in the middle of somebody's synchronous stretch, nor between its microtasks.
        await this.#runtime.clock.yield();
      } while (this.#held !== undefined);
      this.#requested = undefined;
      this.#refuse();
      try {
        await this.#commitBatch();
      } catch (error) {
        throw this.#poison(error);
      }
    });
    return this.#requested;
  }

  async #commitBatch(): Promise<void> {
    const { clock } = this.#runtime;
    for (const hook of this.#commitHooks) hook();
    this.#timer?.cancel();
    const batch = this.#open;
    if (batch.changes === 0) return;
    this.#open = new Batch();
    this.#committing = batch;

    const start = clock.monotonic();
    await writeBatch(this.#handle.database, batch, clock);
    this.#showCommitted(this.#handle.database);
    await this.#copy?.follow(batch);
    this.#options.onCommitDuration?.((clock.monotonic() - start) / 1000);
  }

  /** From here on reads see the file as it is now. */
  #showCommitted(database: Database): void {
    const view = new CommittedView(database);
    this.#view.close();
    this.#view = view;
    this.#committing = undefined;
  }

  #poison(error: unknown): BackendError {
    if (this.#failure !== undefined) return this.#failure;
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#failure = new BackendError(
      "FAILED",
      `Cannot commit to ${this.#file.path}: ${cause.message}`,
      { cause },
    );
    this.#timer?.cancel();
    this.#options.onFailure?.(this.#failure);
    return this.#failure;
  }

  /** Bytes of the file up to its last page in use, which is what the quota counts. */
  size(): number {
    return this.#view.transaction.size();
  }

  /** As `size`, without free pages and without those of `sizePinned`, which etcd counts as in use. */
  sizeInUse(): number {
    const { freePages, pendingPages } = this.#handle.database.stats();
    return this.size() - (freePages + pendingPages) * this.#handle.database.pageSize;
  }

  /** Bytes of pages that only open readers of an earlier state need, such as a backup; free when those end. */
  sizePinned(): number {
    const { database } = this.#handle;
    return database.stats().pendingPages * database.pageSize;
  }

  /** etcd's Hash RPC over what was put before this call: see `hashBuckets`. */
  async hash(ignore: IgnoreRecord): Promise<number> {
    await this.commit();
    const reader = this.#handle.read();
    try {
      return await hashBuckets(reader.transaction, ignore, this.#runtime.clock);
    } finally {
      reader.release();
    }
  }

  /** The bytes of the file with everything that was put before this call. Must be closed. */
  async openSnapshot(): Promise<BackendSnapshot> {
    await this.commit();
    return openFileSnapshot(this.#handle.read());
  }

  /** A rewritten file is being made. */
  get isDefragmenting(): boolean {
    return this.#copy !== undefined;
  }

  /**
   * Rewrites the file without its free pages while reads and writes go on: see `DefragmentingCopy`.
   * The new file takes the place of the old one at once, by rename; a failure or a crash before leaves the
   * old one as it is. Raises `BUSY` when one is under way, `CLOSED` when the backend is closed meanwhile.
   */
  async defragment(): Promise<void> {
    this.#refuse();
    if (this.#copy !== undefined) throw new BackendError("BUSY", "A defragmentation is under way");
    const { clock } = this.#runtime;
    const start = clock.monotonic();
    const before = this.size();
    const path = `${this.#file.path}.tmp.${Math.floor(clock.wallTime())}`;
    const records = this.#options.defragmentRecords ?? DEFRAGMENT_RECORDS;
    this.#copy = new DefragmentingCopy(this.#file.open(path), this.#view, clock, records);
    this.#defragmenting = runDefragmentation(this.#defragmentOwner(), this.#copy, path);
    try {
      await this.#defragmenting;
    } finally {
      this.#copy = undefined;
    }
    const seconds = (clock.monotonic() - start) / 1000;
    this.#options.onDefragmentDuration?.(seconds);
    this.#logger.info("finished defragmenting", {
      path: this.#file.path,
      "size-bytes-before": before,
      "size-bytes-after": this.size(),
      took: `${seconds.toFixed(3)}s`,
    });
  }

  /** Opens another database, which is there, with the options of this one, for `exchange`; beside other work. */
  async openOther(path: string): Promise<Backend> {
    assert(this.#runtime.disk.exists(path), "Backend.openOther: there is no such file");
    const database = await this.#file.openInSlices(path);
    return new Backend(this.#runtime, { ...this.#file, path }, this.#options, database);
  }

  /**
   * Goes over to the database of `next`, another history of the same cluster: its file takes the place of this
   * backend's, by rename, and what was put and not committed yet is dropped. A failure or a crash before the
   * rename leaves everything as it was, and `next` closed.
   *
   * @param next from `openOther`, in the directory of this backend's file; nothing was put into it
   * @param adopt called in the turn of the exchange, when this backend already reads the new database
   */
  async exchange(next: Backend, adopt: () => void): Promise<void> {
    let taken = false;
    try {
      assert(next.pendingChanges === 0, "Backend.exchange: the new database was changed");
      await this.#defragmenting.catch(() => undefined);
      await this.#queue.run(async () => {
        this.#refuse();
        const { disk, clock } = this.#runtime;
        const oldFile = disk.open(this.#file.path, "write");
        await renameOrClose(oldFile, () => disk.renameAsync(next.#file.path, this.#file.path));
        taken = true;
        const old = this.#take(next);
        old.retire(() => void shrinkAndClose(oldFile, clock).catch(() => undefined));
        try {
          adopt();
          await disk.syncDirectoryAsync(parentOf(this.#file.path));
        } catch (error) {
          throw this.#poison(error);
        }
      });
    } finally {
      if (!taken) await next.close();
    }
  }

  /** Reads and writes the database of `next` from now on, which is not to be used any more; returns the one before it. */
  #take(next: Backend): DatabaseHandle {
    const old = this.#handle;
    this.#timer?.cancel();
    this.#open = new Batch();
    this.#handle = next.#handle;
    this.#showCommitted(next.#handle.database);
    next.#view.close();
    next.#closed = true;
    return old;
  }

  #defragmentOwner(): DefragmentOwner {
    return {
      runtime: this.#runtime,
      path: this.#file.path,
      queue: this.#queue,
      view: () => this.#view,
      refuse: () => {
        this.#refuse();
        if (this.#closing === undefined) return;
        throw new BackendError("CLOSED", "The backend is being closed: the file stays as it is");
      },
      take: (database) => {
        const old = this.#handle;
        this.#handle = new DatabaseHandle(database);
        this.#showCommitted(database);
        return old;
      },
      poison: (error) => this.#poison(error),
      warn: (message, path, error) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#logger.warn(message, { path, reason });
      },
    };
  }

  /**
   * Commits, then closes; readers such as snapshots end. May be called twice. Rejects with `FAILED`
   * when a commit has failed, now or before; the file is closed all the same.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      while (this.pendingChanges > 0) await this.commit();
    } finally {
      this.#closed = true;
      this.#timer?.cancel();
      await this.#defragmenting.catch(() => undefined);
      await this.#queue.idle();
      this.#view.close();
      this.#handle.close();
    }
  }
}
