import { BoltError, type Bucket, type Transaction } from "@nodetcd/bolt";
import { quote } from "../quote.ts";

/** The bucket at the end of a path of names; raises `BUCKET_NOT_FOUND`. */
export function findBucket(tx: Transaction, names: readonly string[]): Bucket {
  let bucket = tx.root;
  for (const name of names) {
    const next = bucket.bucket(Buffer.from(name));
    if (next === undefined) throw new BoltError("BUCKET_NOT_FOUND", quote(Buffer.from(name)));
    bucket = next;
  }
  return bucket;
}
