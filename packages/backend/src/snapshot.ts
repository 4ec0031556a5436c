import { BUCKET_BYTES, type BucketName } from "./buckets.ts";
import type { Reader } from "./database-handle.ts";

/** The bytes of the database file as of one commit, while writes go on. Keep it short: it pins pages. */
export interface BackendSnapshot {
  /** Bytes in all. */
  readonly size: number;
  /** A record of that commit; borrowed until `close`. */
  get(bucket: BucketName, key: Uint8Array): Uint8Array | undefined;
  /** The bytes from the beginning, in chunks of at most `chunkBytes` (32 KiB) that the caller owns. */
  read(chunkBytes?: number): AsyncIterable<Uint8Array>;
  /** Gives the pages free. May be called twice. */
  close(): void;
}

export function openFileSnapshot(reader: Reader): BackendSnapshot {
  const { transaction } = reader;
  return {
    size: transaction.size(),
    get: (bucket, key) => transaction.bucket(BUCKET_BYTES.get(bucket)!)?.get(key),
    read: (chunkBytes) => transaction.copy(chunkBytes),
    close: () => reader.release(),
  };
}
