import {
  type BucketStats,
  type BucketStructure,
  inspectTree,
  statsOfTree,
} from "./bucket-stats.ts";
import { Cursor } from "./cursor.ts";
import { deleteValue } from "./delete.ts";
import { BoltError } from "./errors.ts";
import { getValue } from "./get.ts";
import { MAX_KEY_SIZE, MAX_VALUE_SIZE } from "./limits.ts";
import { createChild, deleteChild, moveChild, openChild } from "./nested-bucket.ts";
import { putEntry } from "./put.ts";
import { requireOpen, requireWritable, type TransactionState } from "./transaction-state.ts";
import { materializeRoot, type Tree } from "./tree.ts";

/**
 * Sorted keys with values, and nested buckets among them. Belongs to one transaction and ends with
 * it. Every method raises `TX_CLOSED` after that; those that change, `TX_NOT_WRITABLE` in a read
 * transaction.
 */
export class Bucket {
  readonly #state: TransactionState;
  readonly #tree: Tree;

  constructor(state: TransactionState, tree: Tree) {
    this.#state = state;
    this.#tree = tree;
  }

  get writable(): boolean {
    return this.#state.writable;
  }

  /** Page of the root, 0 when the bucket is stored inside its parent's value. */
  get rootPageId(): number {
    return this.#tree.rootPageId;
  }

  /**
   * Share of a page that a split leaves in the first page: 0.1 to 1 (no unit), default 0.5. High for
   * keys that only grow, so that pages end up full. Not stored: set it in each transaction.
   */
  get fillPercent(): number {
    return this.#tree.fillPercent;
  }

  set fillPercent(share: number) {
    this.#tree.fillPercent = share;
  }

  /**
   * The value, or undefined when the key is missing or names a bucket. Borrowed: valid until the
   * transaction ends, and never to be changed.
   */
  get(key: Uint8Array): Uint8Array | undefined {
    requireOpen(this.#state);
    return getValue(this.#tree, key);
  }

  /**
   * Sets the value of a key. Raises `KEY_REQUIRED`, `KEY_TOO_LARGE`, `VALUE_TOO_LARGE`,
   * `INCOMPATIBLE_VALUE` (the key names a bucket).
   *
   * @param key copied, 1 to 32,768 bytes
   * @param value borrowed: must not change until the commit has ended
   */
  put(key: Uint8Array, value: Uint8Array): void {
    requireWritable(this.#state);
    if (key.length === 0) throw new BoltError("KEY_REQUIRED");
    if (key.length > MAX_KEY_SIZE) throw new BoltError("KEY_TOO_LARGE");
    if (value.length > MAX_VALUE_SIZE) throw new BoltError("VALUE_TOO_LARGE");
    putEntry(this.#tree, key, value, 0);
  }

  /** Removes a key; a missing one is no error, a bucket's name is: `INCOMPATIBLE_VALUE`. */
  delete(key: Uint8Array): void {
    requireWritable(this.#state);
    deleteValue(this.#tree, key);
  }

  cursor(): Cursor {
    requireOpen(this.#state);
    return new Cursor(this.#state, this.#tree);
  }

  /** Every entry in order; `value` is undefined for nested buckets. Both are borrowed. */
  forEach(visit: (key: Uint8Array, value: Uint8Array | undefined) => void): void {
    const cursor = this.cursor();
    for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
      visit(entry.key, entry.value);
    }
  }

  forEachBucket(visit: (name: Uint8Array, bucket: Bucket) => void): void {
    this.forEach((name, value) => {
      if (value !== undefined) return;
      const bucket = this.bucket(name);
      if (bucket === undefined)
        throw new BoltError("CORRUPT", "a bucket is not under its own name");
      visit(name, bucket);
    });
  }

  /** A nested bucket, or undefined. */
  bucket(name: Uint8Array): Bucket | undefined {
    requireOpen(this.#state);
    const child = openChild(this.#state, this.#tree, name);
    return child === undefined ? undefined : new Bucket(this.#state, child);
  }

  /**
   * Raises `BUCKET_NAME_REQUIRED`, `BUCKET_EXISTS`, `INCOMPATIBLE_VALUE` (the key has a value),
   * `NESTED_TOO_DEEP`.
   */
  createBucket(name: Uint8Array): Bucket {
    requireWritable(this.#state);
    return new Bucket(this.#state, createChild(this.#state, this.#tree, name));
  }

  createBucketIfMissing(name: Uint8Array): Bucket {
    requireWritable(this.#state);
    return this.bucket(name) ?? this.createBucket(name);
  }

  /** Removes a nested bucket with all in it: `BUCKET_NOT_FOUND`, `INCOMPATIBLE_VALUE`. */
  deleteBucket(name: Uint8Array): void {
    requireWritable(this.#state);
    deleteChild(this.#state, this.#tree, name);
  }

  /**
   * Moves a nested bucket, under its name, into another bucket of the same transaction. Raises
   * `BUCKET_NOT_FOUND`, `INCOMPATIBLE_VALUE`, `BUCKET_EXISTS`, `SAME_BUCKETS` (also for a bucket
   * inside the one that moves), `DIFFERENT_DATABASE`, `NESTED_TOO_DEEP`.
   */
  moveBucket(name: Uint8Array, destination: Bucket): void {
    requireWritable(this.#state);
    requireWritable(destination.#state);
    if (destination.#state !== this.#state) throw new BoltError("DIFFERENT_DATABASE");
    moveChild(this.#state, this.#tree, name, destination.#tree);
  }

  /** A counter for the caller's use. Raises `SEQUENCE_RANGE` above 2^53 - 1. */
  get sequence(): number {
    const { sequence } = this.#tree;
    if (sequence > Number.MAX_SAFE_INTEGER) throw new BoltError("SEQUENCE_RANGE");
    return Number(sequence);
  }

  setSequence(sequence: number): void {
    requireWritable(this.#state);
    if (!Number.isSafeInteger(sequence) || sequence < 0) throw new BoltError("SEQUENCE_RANGE");
    materializeRoot(this.#tree);
    this.#tree.sequence = BigInt(sequence);
  }

  /** Adds one to the sequence and returns it. */
  nextSequence(): number {
    this.setSequence(this.sequence + 1);
    return this.sequence;
  }

  /** Pages and bytes that the bucket and those nested in it take, as last committed. */
  stats(): BucketStats {
    requireOpen(this.#state);
    return statsOfTree(this.#state, this.#tree);
  }

  /** Names and key counts of the buckets below, as bbolt's `inspect` shows them. */
  inspect(): BucketStructure {
    requireOpen(this.#state);
    return inspectTree(this.#state, this.#tree, "root");
  }
}
