import type { Bucket, Cursor, Database, Transaction } from "@nodetcd/bolt";
import { BUCKET_BYTES, type BucketName } from "./buckets.ts";
import type { SortedSource } from "./range.ts";

/** What the file holds as of one commit: a read transaction that is kept open, and its buckets. */
export class CommittedView {
  readonly transaction: Transaction;
  readonly #buckets = new Map<BucketName, Bucket | undefined>();

  constructor(database: Database) {
    this.transaction = database.begin(false);
    for (const [name, bytes] of BUCKET_BYTES) {
      this.#buckets.set(name, this.transaction.bucket(bytes));
    }
  }

  /** Borrowed until `close`. */
  get(bucket: BucketName, key: Uint8Array): Uint8Array | undefined {
    return this.#buckets.get(bucket)?.get(key);
  }

  /** The pairs of a bucket from `start` on; undefined when the file has no such bucket. */
  source(bucket: BucketName, start: Uint8Array): SortedSource | undefined {
    const opened = this.#buckets.get(bucket);
    return opened === undefined ? undefined : new CursorSource(opened.cursor(), start);
  }

  close(): void {
    this.transaction.rollback();
  }
}

/** Pairs of a bolt bucket; nested buckets, of which etcd has none, are passed over. */
class CursorSource implements SortedSource {
  readonly #cursor: Cursor;
  #pair: { key: Uint8Array; value: Uint8Array | undefined } | undefined;

  constructor(cursor: Cursor, start: Uint8Array) {
    this.#cursor = cursor;
    this.#pair = cursor.seek(start);
    this.#skipNested();
  }

  get key(): Uint8Array | undefined {
    return this.#pair?.key;
  }

  get value(): Uint8Array | undefined {
    return this.#pair?.value;
  }

  advance(): void {
    this.#pair = this.#cursor.next();
    this.#skipNested();
  }

  #skipNested(): void {
    while (this.#pair !== undefined && this.#pair.value === undefined) {
      this.#pair = this.#cursor.next();
    }
  }
}
