import type { DiskFile } from "@nodetcd/runtime";
import { BatchQueue } from "./batch.ts";
import { checkState } from "./check.ts";
import { commit, commitAsync, type CommitTarget } from "./commit.ts";
import type { DatabaseOptions } from "./database-options.ts";
import { BoltError } from "./errors.ts";
import type { Span } from "./free-spans.ts";
import { Freelist, idsOf } from "./freelist.ts";
import {
  CUT_STEP_BYTES,
  DEFAULT_CACHE_BYTES,
  DEFAULT_SLICE_MS,
  GROW_STEP_BYTES,
  MAX_PAGES,
} from "./limits.ts";
import { findFreePages, readStoredFreelist, type StoredFreelist } from "./load-freelist.ts";
import { type Meta, metaPage } from "./meta.ts";
import { readCurrentMeta } from "./open-file.ts";
import { Page } from "./page.ts";
import { PageCache } from "./page-cache.ts";
import { PageScratch } from "./page-scratch.ts";
import { spansOfIds } from "./page-freelist.ts";
import { atOnce, sliced } from "./steps.ts";
import { Transaction, type TransactionOwner } from "./transaction.ts";
import {
  newTransactionStats,
  TransactionState,
  type TransactionStats,
} from "./transaction-state.ts";

export interface DatabaseStats {
  /** Pages that may be allocated now, and pages that wait for readers. */
  freePages: number;
  pendingPages: number;
  /** Bytes of both. */
  freeBytes: number;
  /** Bytes of the stored freelist. */
  freelistBytes: number;
  /** Read transactions begun since the file was opened, and those open now. */
  readTransactions: number;
  openReadTransactions: number;
  /** Bytes of pages in the cache. */
  cacheBytes: number;
  /** Sums over the write transactions that ended. */
  transactions: TransactionStats;
}

/**
 * One bbolt file: one write transaction at a time, any number of read transactions beside it. Opened
 * with `openDatabase`; unless it is read only, `prepare` is the last part of that.
 */
export class Database {
  readonly path: string;
  readonly #file: DiskFile;
  readonly #options: DatabaseOptions;
  readonly #cache: PageCache;
  readonly #scratch = new PageScratch();
  readonly #owner: TransactionOwner;
  readonly #target: CommitTarget;
  readonly #batch: BatchQueue;
  #meta: Meta;
  #freelist: Freelist | undefined;
  #freelistOverflow = 0;
  #fileBytes: number;
  readonly #readers = new Set<TransactionState>();
  #writer: TransactionState | undefined;
  #isOpen = true;
  #failure: Error | undefined;
  #readTransactions = 0;
  readonly #totals = newTransactionStats();

  constructor(file: DiskFile, path: string, options: DatabaseOptions) {
    this.path = path;
    this.#file = file;
    this.#options = options;
    this.#meta = readCurrentMeta(file);
    this.#fileBytes = file.size();
    this.#cache = new PageCache(
      file,
      this.#meta.pageSize,
      options.cacheBytes ?? DEFAULT_CACHE_BYTES,
    );
    this.#batch = new BatchQueue((work) => this.update(work), options.clock);
    this.#owner = this.#transactionOwner();
    this.#target = this.#commitTarget();
    if (options.readOnly !== true) this.#requireWholeFile();
  }

  /**
   * The last part of opening.
   *
   * The meta may be that of a process which died before its sync, or whose sync failed: shown by the
   * system, and not on the disk. Pages of the state before it must not be written again until a power
   * cut cannot bring that state back.
   */
  prepare(): void {
    if (this.#options.noSync !== true) {
      const { txid } = this.#meta;
      this.#file.write(metaPage(this.#meta, txid % 2), (txid % 2) * this.pageSize);
      this.#file.sync();
    }
    this.#setFreelist(atOnce(this.#loadFreelist()));
  }

  /** As `prepare`, in slices. */
  async prepareInSlices(): Promise<void> {
    const { noSync, clock } = this.#options;
    if (noSync !== true) {
      const { txid } = this.#meta;
      const page = [metaPage(this.#meta, txid % 2)];
      await this.#file.writeAsync(page, (txid % 2) * this.pageSize);
      await this.#file.syncAsync();
    }
    this.#setFreelist(await sliced(clock, this.#loadFreelist(), DEFAULT_SLICE_MS));
  }

  get pageSize(): number {
    return this.#meta.pageSize;
  }

  get readOnly(): boolean {
    return this.#options.readOnly === true;
  }

  /** Bytes of the file. */
  fileSize(): number {
    return this.#fileBytes;
  }

  /** Why the database takes no more writes, if a sync has failed. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Begins a transaction. A second writer is refused with `WRITER_BUSY`, also while a `commitAsync`
   * is pending; `DATABASE_READ_ONLY`, `DATABASE_NOT_OPEN`, `POISONED`, and `INVALID` after 2^53 - 1 of them.
   */
  begin(writable: boolean): Transaction {
    if (!this.#isOpen) throw new BoltError("DATABASE_NOT_OPEN");
    const state = writable ? this.#beginWriter() : this.#beginReader();
    return new Transaction(this.#owner, state);
  }

  #beginReader(): TransactionState {
    const state = new TransactionState(this.#meta, this.#cache, undefined);
    this.#readers.add(state);
    this.#readTransactions++;
    return state;
  }

  #beginWriter(): TransactionState {
    if (this.#freelist === undefined) throw new BoltError("DATABASE_READ_ONLY");
    if (this.#failure !== undefined) {
      throw new BoltError("POISONED", undefined, { cause: this.#failure });
    }
    if (this.#writer !== undefined) throw new BoltError("WRITER_BUSY");
    if (this.#meta.txid === Number.MAX_SAFE_INTEGER) {
      throw new BoltError("INVALID", "its transactions cannot be counted further");
    }
    this.#freelist.release(Array.from(this.#readers, (reader) => reader.txid));
    const maxBytes = this.#options.maxBytes ?? Infinity;
    const maxPages = Math.min(MAX_PAGES, Math.floor(maxBytes / this.pageSize));
    this.#scratch.reset();
    const state = new TransactionState(
      this.#meta,
      this.#cache,
      this.#freelist,
      maxPages,
      this.#scratch,
    );
    state.freelistOverflow = this.#freelistOverflow;
    this.#writer = state;
    return state;
  }

  /** Runs `work` in a write transaction and commits; when it raises, all is rolled back. */
  update<T>(work: (tx: Transaction) => T): T {
    const tx = this.begin(true);
    tx.managed = true;
    try {
      const result = work(tx);
      tx.commitManaged();
      return result;
    } finally {
      tx.rollbackManaged();
    }
  }

  /** Runs `work` in a read transaction. What it returns must not hold borrowed bytes. */
  view<T>(work: (tx: Transaction) => T): T {
    const tx = this.begin(false);
    tx.managed = true;
    try {
      return work(tx);
    } finally {
      tx.rollbackManaged();
    }
  }

  /**
   * As `update`, but gathers up to 1,000 calls for up to 10 ms into one transaction. `work` may run
   * more than once, so it must have no effect outside the transaction.
   */
  batch(work: (tx: Transaction) => void): Promise<void> {
    return this.#batch.add(work);
  }

  /** Syncs the file; of use only with `noSync`. */
  sync(): void {
    if (!this.#isOpen) throw new BoltError("DATABASE_NOT_OPEN");
    this.#file.sync();
  }

  /** Rolls back what is open and releases the lock. `WRITER_BUSY` while a `commitAsync` is pending. */
  close(): void {
    if (!this.#isOpen) return;
    if (this.#writer?.status === "committing") throw new BoltError("WRITER_BUSY");
    if (this.#failure === undefined) this.#batch.flush();
    if (this.#writer !== undefined) this.#rollback(this.#writer);
    for (const reader of this.#readers) this.#rollback(reader);
    this.#isOpen = false;
    this.#file.close();
  }

  stats(): DatabaseStats {
    const freePages = this.#freelist?.freeCount ?? 0;
    const pendingPages = this.#freelist?.pendingCount ?? 0;
    return {
      freePages,
      pendingPages,
      freeBytes: (freePages + pendingPages) * this.pageSize,
      freelistBytes:
        this.#meta.freelistPageId === undefined ? 0 : (this.#freelistOverflow + 1) * this.pageSize,
      readTransactions: this.#readTransactions,
      openReadTransactions: this.#readers.size,
      cacheBytes: this.#cache.bytes,
      transactions: { ...this.#totals },
    };
  }

  #transactionOwner(): TransactionOwner {
    return {
      file: this.#file,
      commit: (state, root) => {
        const began = this.#target.now();
        const bytes = this.#fileBytes;
        try {
          const meta = commit(this.#target, state, root);
          state.stats.commitMs += this.#target.now() - began;
          this.#finish(state, meta);
        } catch (error) {
          this.#shrink(bytes);
          this.#rollback(state);
          throw error;
        }
      },
      commitAsync: async (state, root, sliceMs) => {
        const began = this.#target.now();
        const bytes = this.#fileBytes;
        try {
          const meta = await commitAsync(this.#target, state, root, sliceMs);
          state.stats.commitMs += this.#target.now() - began;
          this.#finish(state, meta);
        } catch (error) {
          this.#shrink(bytes);
          this.#rollback(state);
          throw error;
        }
      },
      rollback: (state) => this.#rollback(state),
      freelistOf: (state) => this.#freelistOf(state),
    };
  }

  #commitTarget(): CommitTarget {
    const { noFreelistSync, noSync, shrink, clock } = this.#options;
    return {
      file: this.#file,
      storeFreelist: noFreelistSync !== true,
      sync: noSync !== true,
      shrink: shrink === true,
      clock,
      now: () => clock?.monotonic() ?? 0,
      grow: (bytes) => this.#grow(bytes),
      growAsync: (bytes) => this.#growAsync(bytes),
      cutAsync: (bytes) => this.#cutAsync(bytes),
      pagesWritten: (state, meta) => this.#pagesWritten(state, meta),
      poison: (error) => {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        throw this.#failure;
      },
    };
  }

  #finish(state: TransactionState, meta: Meta): void {
    state.status = "closed";
    state.freelist.commit();
    this.#meta = meta;
    this.#freelistOverflow = state.freelistOverflow;
    this.#writer = undefined;
    this.#addTotals(state);
  }

  #rollback(state: TransactionState): void {
    state.status = "closed";
    if (!state.writable) {
      this.#readers.delete(state);
      return;
    }
    state.freelist.rollback(state.txid);
    this.#writer = undefined;
    this.#addTotals(state);
  }

  #addTotals(state: TransactionState): void {
    for (const field of Object.keys(this.#totals) as (keyof TransactionStats)[]) {
      this.#totals[field] += state.stats[field];
    }
  }

  #grow(bytes: number): void {
    if (bytes <= this.#fileBytes) return;
    const size = this.#grownTo(bytes, this.#fileBytes);
    this.#file.truncate(size);
    this.#fileBytes = size;
  }

  async #growAsync(bytes: number): Promise<void> {
    if (bytes <= this.#fileBytes) return;
    const size = this.#grownTo(bytes, this.#fileBytes);
    await this.#file.truncateAsync(size);
    this.#fileBytes = size;
  }

  /**
   * A step towards the size that a file with so many bytes grows to, once it is a step of growth above that, so that it is not cut and grown
   * in turns. The meta is on disk: no state that an opening may find has pages there, and copies read zeros where a page was free.
   */
  async #cutAsync(bytes: number): Promise<void> {
    const least = this.#grownTo(bytes, 0);
    const spare = this.#options.noGrowSync === true ? 0 : Math.min(least, GROW_STEP_BYTES);
    if (this.#fileBytes <= least + spare) return;
    const size = Math.max(least, this.#fileBytes - CUT_STEP_BYTES);
    try {
      await this.#file.truncateAsync(size);
      this.#fileBytes = size;
    } catch {
      // A file that is too long does no harm.
    }
  }

  /**
   * Doubling while small, then in steps, so that not every commit changes the file's size.
   *
   * @param from bytes that it has
   */
  #grownTo(bytes: number, from: number): number {
    if (this.#options.noGrowSync === true) return bytes;
    let size = Math.max(from, this.pageSize * 8);
    while (size < bytes) size = size < GROW_STEP_BYTES ? size * 2 : size + GROW_STEP_BYTES;
    return Math.max(bytes, Math.min(size, this.#options.maxBytes ?? Infinity));
  }

  /** Gives back what a failed commit grew, unless its meta may be on disk. */
  #shrink(bytes: number): void {
    if (this.#failure !== undefined || this.#fileBytes === bytes) return;
    try {
      this.#file.truncate(bytes);
      this.#fileBytes = bytes;
    } catch {
      // A file that is too long does no harm.
    }
  }

  /** Nobody looks for these pages before the meta is written, and if it never is, they are free. */
  *#pagesWritten(state: TransactionState, meta: Meta): Generator<void> {
    for (const { id, buffer, keep } of state.dirty) {
      if (keep) this.#cache.put(new Page(buffer));
      else this.#cache.forget(id);
      yield;
    }
    if (this.#options.strict !== true) return;
    const next = new TransactionState(meta, this.#cache, undefined);
    const stored = { ids: state.freelist.unusedIds(), overflow: state.freelistOverflow };
    const findings = [...checkState(next, () => stored, {})];
    if (findings.length > 0) {
      throw new BoltError("CHECK_FAILED", findings.map((finding) => finding.message).join("\n"));
    }
  }

  *#loadFreelist(): Generator<void, readonly Span[]> {
    const stored = readStoredFreelist(this.#cache, this.#meta);
    this.#freelistOverflow = stored?.overflow ?? 0;
    if (stored !== undefined) return spansOfIds(stored.ids, this.#meta.highWater);
    return yield* this.#findFreePages();
  }

  #setFreelist(spans: readonly Span[]): void {
    const { freelistType, reclaimPolicy, noFreelistSync } = this.#options;
    this.#freelist = new Freelist(
      freelistType ?? "array",
      reclaimPolicy ?? "between-readers",
      spans,
    );
    // So that a program that knows only stored freelists finds one.
    const isStored = this.#meta.freelistPageId !== undefined;
    if (!isStored && noFreelistSync !== true) this.update(() => {});
  }

  #findFreePages(): Generator<void, Span[]> {
    return findFreePages(this.#cache, this.#meta, Math.floor(this.#fileBytes / this.pageSize));
  }

  /** A file that was cut short may be read, to save what is left, but not written. */
  #requireWholeFile(): void {
    const needed = this.#meta.highWater * this.pageSize;
    if (this.#fileBytes >= needed) return;
    const detail = `the file has ${this.#fileBytes} of ${needed} bytes: it was cut short`;
    throw new BoltError("CORRUPT", detail);
  }

  /** The stored list belongs to the state that a transaction sees, whatever was committed since. */
  #freelistOf(state: TransactionState): StoredFreelist | undefined {
    const stored = readStoredFreelist(this.#cache, state.base);
    if (stored !== undefined) return stored;
    if (state.base.txid !== this.#meta.txid) return undefined;
    const ids = this.#freelist?.unusedIds() ?? idsOf(atOnce(this.#findFreePages()));
    return { ids, overflow: 0 };
  }
}
