import type { Database } from "@nodetcd/bolt";
import { compareBytes } from "@nodetcd/bytes";
import type { Clock } from "@nodetcd/runtime";
import type { Batch } from "./batch.ts";
import type { BucketName } from "./buckets.ts";
import { rollBackQuietly, writeBatch } from "./commit.ts";
import type { CommittedView } from "./committed-view.ts";
import { DEFRAGMENT_BYTES, DEFRAGMENT_FILL_PERCENT, SLICE_MS } from "./limits.ts";
import { BackendError } from "./errors.ts";
import { Slice } from "./slice.ts";

/**
 * A copy of the database under way. It is made in key order, some thousand records a step, each step
 * reading what is committed at that time. Everything up to the last copied key is kept equal to the
 * original by applying each batch that is committed meanwhile to both files (`follow`); what lies behind
 * it will be read, new, when its turn comes. So nothing has to be remembered however long it takes.
 *
 * Steps and commits must not overlap: the owner runs both in one lane.
 */
export class DefragmentingCopy {
  readonly database: Database;
  readonly #clock: Clock;
  readonly #stepRecords: number;
  /** Names of the buckets in their order, from the file as it was at the start. */
  readonly #buckets: readonly Uint8Array[];
  readonly #order: ReadonlyMap<string, number>;
  /** All buckets before this one are copied, and of this one the keys up to `#lastKey`. */
  #bucket = 0;
  #lastKey: Uint8Array | undefined;
  #failure: { readonly cause: unknown } | undefined;

  /**
   * @param database an empty one, taken over
   * @param stepRecords most records that are copied in a step
   */
  constructor(database: Database, view: CommittedView, clock: Clock, stepRecords: number) {
    this.database = database;
    this.#stepRecords = stepRecords;
    this.#clock = clock;
    const buckets: Uint8Array[] = [];
    const cursor = view.transaction.cursor();
    for (let at = cursor.first(); at !== undefined; at = cursor.next()) {
      if (at.value === undefined) buckets.push(at.key.slice());
    }
    this.#buckets = buckets;
    this.#order = new Map(buckets.map((name, i) => [Buffer.from(name).toString(), i]));
  }

  /** Copies the next records. True when there are none left. */
  async step(view: CommittedView): Promise<boolean> {
    const name = this.#buckets[this.#bucket];
    if (name === undefined) return true;
    const transaction = this.database.begin(true);
    try {
      const target = transaction.createBucketIfMissing(name);
      target.fillPercent = DEFRAGMENT_FILL_PERCENT;
      const last = await this.#copyRecords(view, name, (key, value) => target.put(key, value));
      await transaction.commitAsync({ sliceMs: SLICE_MS });
      if (last === undefined) {
        this.#bucket++;
        this.#lastKey = undefined;
      } else this.#lastKey = last;
    } catch (error) {
      rollBackQuietly(transaction);
      throw error;
    }
    return false;
  }

  /** Returns the last key copied (owned), or undefined when the bucket is at its end. */
  async #copyRecords(
    view: CommittedView,
    name: Uint8Array,
    put: (key: Uint8Array, value: Uint8Array) => void,
  ): Promise<Uint8Array | undefined> {
    const slice = new Slice(this.#clock);
    const cursor = view.transaction.bucket(name)?.cursor();
    let pair = this.#lastKey === undefined ? cursor?.first() : cursor?.seek(this.#lastKey);
    let bytes = 0;
    for (let count = 0; pair !== undefined; pair = cursor?.next()) {
      const isCopied = this.#lastKey !== undefined && compareBytes(pair.key, this.#lastKey) <= 0;
      if (isCopied || pair.value === undefined) continue;
      put(pair.key, pair.value);
      bytes += pair.key.length + pair.value.length;
      if (++count === this.#stepRecords || bytes >= DEFRAGMENT_BYTES) return pair.key.slice();
      if (slice.isOver()) await slice.next();
    }
    return undefined;
  }

  /**
   * Applies a batch that the original has just committed to what is copied already. Does not raise: a
   * copy that cannot be written is given up by its owner (see `refuseAfterFailure`), the original is fine.
   */
  async follow(batch: Batch): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await writeBatch(this.database, batch, this.#clock, (bucket, key) =>
        this.#isCopied(bucket, key),
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

  #isCopied(bucket: BucketName, key: Uint8Array): boolean {
    const order = this.#order.get(bucket) ?? -1;
    if (order !== this.#bucket) return order < this.#bucket;
    return this.#lastKey !== undefined && compareBytes(key, this.#lastKey) <= 0;
  }
}
