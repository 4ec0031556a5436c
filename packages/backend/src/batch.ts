import type { BucketName } from "./buckets.ts";
import { PendingBucket } from "./pending-bucket.ts";

/** What is committed together: changes by bucket. */
export class Batch {
  readonly buckets: Map<BucketName, PendingBucket> = new Map();
  /** How often something was changed; changes of one key count each time, as in etcd. */
  changes = 0;
  /** Bytes of keys and values taken in; replaced values count too, so this is an upper bound. */
  bytes = 0;

  /** Borrows key and value. A value of undefined deletes the key. */
  set(bucket: BucketName, key: Uint8Array, value: Uint8Array | undefined): void {
    let pending = this.buckets.get(bucket);
    if (pending === undefined) this.buckets.set(bucket, (pending = new PendingBucket()));
    pending.set(key, value);
    this.changes++;
    this.bytes += key.length + (value?.length ?? 0);
  }
}
