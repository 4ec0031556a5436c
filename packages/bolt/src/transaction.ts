import type { DiskFile } from "@nodetcd/runtime";
import { Bucket } from "./bucket.ts";
import { type CheckFinding, type CheckOptions, checkState } from "./check.ts";
import { copyState, copyToFile } from "./copy.ts";
import type { Cursor } from "./cursor.ts";
import { BoltError } from "./errors.ts";
import { COPY_CHUNK_BYTES } from "./limits.ts";
import type { StoredFreelist } from "./load-freelist.ts";
import type { Meta } from "./meta.ts";
import type { Page } from "./page.ts";
import {
  requireOpen,
  requireWritable,
  type TransactionState,
  type TransactionStats,
} from "./transaction-state.ts";
import { Tree } from "./tree.ts";

/** What a transaction asks of its database. */
export interface TransactionOwner {
  readonly file: DiskFile;
  commit(state: TransactionState, root: Tree): void;
  commitAsync(state: TransactionState, root: Tree, sliceMs: number | undefined): Promise<void>;
  /** Ends it without a change. */
  rollback(state: TransactionState): void;
  /** Free and pending pages as of this transaction's base; undefined when they are not known. */
  freelistOf(state: TransactionState): StoredFreelist | undefined;
}

/**
 * A consistent view of the whole file. A read transaction sees the state committed when it began,
 * for as long as it is open; end it with `rollback`, because pages it can see are not used again. A
 * write transaction also sees its own changes, and ends with `commit`, `commitAsync` or `rollback`.
 */
export class Transaction {
  readonly #owner: TransactionOwner;
  readonly #state: TransactionState;
  readonly #tree: Tree;
  readonly #root: Bucket;
  readonly #commitHooks: (() => void)[] = [];
  /** True inside `update` and `view`, which end it themselves. */
  managed = false;

  constructor(owner: TransactionOwner, state: TransactionState) {
    this.#owner = owner;
    this.#state = state;
    this.#tree = new Tree(state, state.base.rootPageId, state.base.rootSequence);
    this.#root = new Bucket(state, this.#tree);
  }

  /** A write transaction's id is one above that of the state it began from. */
  get id(): number {
    return this.#state.txid;
  }

  get writable(): boolean {
    return this.#state.writable;
  }

  /** The bucket that holds the top-level buckets. Values do not belong there. */
  get root(): Bucket {
    return this.#root;
  }

  /** The committed state that this transaction began from. */
  get meta(): Meta {
    return this.#state.base;
  }

  bucket(name: Uint8Array): Bucket | undefined {
    return this.#root.bucket(name);
  }

  createBucket(name: Uint8Array): Bucket {
    return this.#root.createBucket(name);
  }

  createBucketIfMissing(name: Uint8Array): Bucket {
    return this.#root.createBucketIfMissing(name);
  }

  deleteBucket(name: Uint8Array): void {
    this.#root.deleteBucket(name);
  }

  /** Moves a bucket; `undefined` stands for the top level. Errors as `Bucket.moveBucket`. */
  moveBucket(name: Uint8Array, from: Bucket | undefined, to: Bucket | undefined): void {
    (from ?? this.#root).moveBucket(name, to ?? this.#root);
  }

  /** Over the top-level buckets' names. */
  cursor(): Cursor {
    return this.#root.cursor();
  }

  forEach(visit: (name: Uint8Array, bucket: Bucket) => void): void {
    this.#root.forEachBucket(visit);
  }

  /** Bytes of the file up to the high-water mark, as this transaction sees it. */
  size(): number {
    return this.#state.highWater * this.#state.pageSize;
  }

  /** A page of the tree as committed; raises `CORRUPT`. */
  page(id: number): Page {
    requireOpen(this.#state);
    return this.#state.page(id);
  }

  /** Runs after a successful commit, in order of registration. */
  onCommit(hook: () => void): void {
    this.#commitHooks.push(hook);
  }

  /**
   * Writes the changes, synced, and ends the transaction. When it raises, the transaction has ended
   * too and nothing has changed; after a failed sync the database takes no more writes (`POISONED`).
   */
  commit(): void {
    this.#requireUnmanaged();
    this.commitManaged();
  }

  /** For the owner of a managed transaction. */
  commitManaged(): void {
    requireWritable(this.#state);
    this.#state.status = "committing";
    this.#owner.commit(this.#state, this.#tree);
    for (const hook of this.#commitHooks) hook();
  }

  /**
   * As `commit`, without holding up the event loop: the CPU part in slices of at most `sliceMs`
   * milliseconds (default 2; needs the database's `clock`), files written and synced elsewhere.
   * Until it settles no other write transaction may begin; read transactions see the state before.
   */
  async commitAsync(options: { sliceMs?: number } = {}): Promise<void> {
    this.#requireUnmanaged();
    requireWritable(this.#state);
    this.#state.status = "committing";
    await this.#owner.commitAsync(this.#state, this.#tree, options.sliceMs);
    for (const hook of this.#commitHooks) hook();
  }

  rollback(): void {
    this.#requireUnmanaged();
    requireOpen(this.#state);
    this.#owner.rollback(this.#state);
  }

  /** Ends a managed transaction if it still runs. */
  rollbackManaged(): void {
    if (this.#state.status === "open") this.#owner.rollback(this.#state);
  }

  #requireUnmanaged(): void {
    if (this.managed) throw new BoltError("TX_MANAGED");
  }

  /** Everything that is wrong with the committed state, as it is found. Nothing: all is well. */
  check(options: CheckOptions = {}): Generator<CheckFinding> {
    requireOpen(this.#state);
    const filePages = Math.floor(this.#owner.file.size() / this.#state.pageSize);
    const freelist = (): StoredFreelist | undefined => this.#owner.freelistOf(this.#state);
    return checkState(this.#state, freelist, options, filePages);
  }

  /**
   * Ids of the pages that are free or wait to be, sorted in a sound file; owned by the caller.
   * Undefined when the file does not store them and another transaction was committed since.
   */
  unusedPages(): Float64Array | undefined {
    requireOpen(this.#state);
    return this.#owner.freelistOf(this.#state)?.ids;
  }

  /**
   * Copies the whole database, as this transaction sees it, into an empty file: a hot backup. Writers
   * may go on meanwhile. Not synced.
   */
  copyTo(file: DiskFile): void {
    requireOpen(this.#state);
    copyToFile(this.#owner.file, this.#state, file);
  }

  /** As `copyTo`, as a stream of `size()` bytes in chunks of at most `chunkBytes`, owned by the caller. */
  copy(chunkBytes: number = COPY_CHUNK_BYTES): AsyncGenerator<Uint8Array> {
    requireOpen(this.#state);
    return copyState(this.#owner.file, this.#state, chunkBytes);
  }

  stats(): TransactionStats {
    return { ...this.#state.stats };
  }
}
