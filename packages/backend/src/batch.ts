import type { BucketName } from "./buckets.ts";
import { PendingBucket } from "./pending-bucket.ts";

/** What `Batch.get` answers about keys that the batch does not touch. */
export const UNTOUCHED: unique symbol = Symbol("untouched");

/** What is committed together: changes by bucket. */
export class Batch {
  readonly buckets: Map<BucketName, PendingBucket> = new Map();
  /** How often something was changed; changes of one key count each time, as in etcd. */
  changes = 0;
  /** Bytes of keys and values taken in; replaced values count too, so this is an upper bound. */
  bytes = 0;

  /** The value that the batch gives the key; undefined when it deletes it. */
  get(bucket: BucketName, key: Uint8Array): Uint8Array | undefined | typeof UNTOUCHED {
    const pending = this.buckets.get(bucket);
    if (pending === undefined) return UNTOUCHED;
    const at = pending.indexOf(key);
    return at < 0 ? UNTOUCHED : pending.values[at];
  }

  /** Borrows key and value. A value of undefined deletes the key. */
  set(bucket: BucketName, key: Uint8Array, value: Uint8Array | undefined): void {
    let pending = this.buckets.get(bucket);
    if (pending === undefined) this.buckets.set(bucket, (pending = new PendingBucket()));
    pending.set(key, value);
    this.changes++;
    this.bytes += key.length + (value?.length ?? 0);
  }
}
