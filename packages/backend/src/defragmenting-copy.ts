import type { Database } from "@nodetcd/bolt";
import { compareBytes } from "@nodetcd/bytes";
import { type Clock, Slice } from "@nodetcd/runtime";
import type { Batch } from "./batch.ts";
import { type BucketName, fillPercentOf } from "./buckets.ts";
import { rollBackQuietly, writeBatch } from "./commit.ts";
import type { CommittedView } from "./committed-view.ts";
import { BackendError } from "./errors.ts";
import { DEFRAGMENT_BYTES, DEFRAGMENT_FILL_PERCENT, SLICE_MS, STEPS_PER_LOOK } from "./limits.ts";

/** A bucket as it was when the copy was begun. */
interface CopiedBucket {
  /** Owned. */
  readonly name: Uint8Array;
  /** Owned; undefined when the bucket was empty. */
  readonly lastKey: Uint8Array | undefined;
}

/**
 * A copy of the database under way. It is made in key order, some thousand records a step, each step
 * reading what is committed at that time. What is copied already is kept equal to the original by
 * applying each batch that is committed meanwhile to both files (`follow`), and so is everything beyond
 * the keys that there were at the start; what lies between will be read, new, when its turn comes. So
 * nothing has to be remembered, and keys that only ever grow, as etcd's, cannot outrun the copy.
 *
 *     keys      a ....... f ........ m | n ...
 *                 copied  ^ to come    ^ last key at the start
 *     a batch   both      original     both
 *
 * Steps and commits must not overlap: the owner runs both in one queue.
 */
export class DefragmentingCopy {
  readonly database: Database;
  readonly #clock: Clock;
  readonly #stepRecords: number;
  readonly #buckets: readonly CopiedBucket[];
  readonly #order: ReadonlyMap<string, number>;
  /** All buckets before this one are copied, and of this one the keys up to `#copiedTo`. */
  #bucket = 0;
  #copiedTo: Uint8Array | undefined;
  #failure: { readonly cause: unknown } | undefined;

  /**
   * @param database an empty one, taken over
   * @param view the original; every batch that is committed after it must be given to `follow`
   * @param stepRecords most records that are copied in a step
   */
  constructor(database: Database, view: CommittedView, clock: Clock, stepRecords: number) {
    this.database = database;
    this.#clock = clock;
    this.#stepRecords = stepRecords;
    this.#buckets = bucketsOf(view);
    this.#order = new Map(this.#buckets.map(({ name }, i) => [Buffer.from(name).toString(), i]));
  }

  /** Copies the next records. True when there are none left. */
  async step(view: CommittedView): Promise<boolean> {
    const bucket = this.#buckets[this.#bucket];
    if (bucket === undefined) return true;
    const transaction = this.database.begin(true);
    try {
      const target = transaction.createBucketIfMissing(bucket.name);
      const name = Buffer.from(bucket.name).toString();
      target.fillPercent = fillPercentOf(name) ?? DEFRAGMENT_FILL_PERCENT;
      const copiedTo = await this.#copyRecords(view, bucket, (key, value) =>
        target.put(key, value),
      );
      await transaction.commitAsync({ sliceMs: SLICE_MS });
      if (copiedTo === undefined) this.#bucket++;
      this.#copiedTo = copiedTo;
    } catch (error) {
      rollBackQuietly(transaction);
      throw error;
    }
    return false;
  }

  /** Returns the last key copied (owned), or undefined when the bucket is done. */
  async #copyRecords(
    view: CommittedView,
    { name, lastKey }: CopiedBucket,
    put: (key: Uint8Array, value: Uint8Array) => void,
  ): Promise<Uint8Array | undefined> {
    if (lastKey === undefined) return undefined;
    const slice = new Slice(this.#clock, SLICE_MS, STEPS_PER_LOOK);
    const cursor = view.transaction.bucket(name)?.cursor();
    const from = this.#copiedTo;
    let pair = from === undefined ? cursor?.first() : cursor?.seek(from);
    if (from !== undefined && pair !== undefined && compareBytes(pair.key, from) === 0) {
      pair = cursor?.next();
    }
    let bytes = 0;
    for (let count = 0; pair !== undefined; pair = cursor?.next()) {
      if (compareBytes(pair.key, lastKey) > 0) return undefined;
      if (pair.value === undefined) continue;
      put(pair.key, pair.value);
      bytes += pair.key.length + pair.value.length;
      if (++count === this.#stepRecords || bytes >= DEFRAGMENT_BYTES) return pair.key.slice();
      if (slice.isOver()) await slice.next();
    }
    return undefined;
  }

  /**
   * Applies a batch that the original has just committed. Does not raise: a copy that cannot be written
   * is given up by its owner (see `refuseAfterFailure`), the original is fine.
   */
  async follow(batch: Batch): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await writeBatch(this.database, batch, this.#clock, (bucket, key) =>
        this.#isFollowed(bucket, key),
      );
    } catch (error) {
      this.#failure = { cause: error };
    }
  }

  /** Raises `FAILED` when following has failed. */
  refuseAfterFailure(): void {
    if (this.#failure === undefined) return;
    throw new BackendError(
      "FAILED",
      "Cannot defragment: writing the copy failed, the file stays as it is",
      this.#failure,
    );
  }

  #isFollowed(bucket: BucketName, key: Uint8Array): boolean {
    const order = this.#order.get(bucket) ?? -1;
    if (order < this.#bucket) return true;
    const lastKey = this.#buckets[order]?.lastKey;
    if (lastKey === undefined || compareBytes(key, lastKey) > 0) return true;
    const copiedTo = order === this.#bucket ? this.#copiedTo : undefined;
    return copiedTo !== undefined && compareBytes(key, copiedTo) <= 0;
  }
}

function bucketsOf(view: CommittedView): CopiedBucket[] {
  const buckets: CopiedBucket[] = [];
  const cursor = view.transaction.cursor();
  for (let at = cursor.first(); at !== undefined; at = cursor.next()) {
    const bucket = view.transaction.bucket(at.key);
    if (bucket === undefined) continue;
    buckets.push({ name: at.key.slice(), lastKey: bucket.cursor().last()?.key.slice() });
  }
  return buckets;
}
