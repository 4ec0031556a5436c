import type { Bucket } from "./bucket.ts";
import type { Database } from "./database.ts";
import { BoltError } from "./errors.ts";
import type { Transaction } from "./transaction.ts";

export interface DefragmentOptions {
  /** Bytes of keys and values after which the copy commits; 0: all at once. Default 65,536. */
  maxBytesPerTransaction?: number;
  /** Fill percentage of the copy's pages (no unit, 0.1 to 1). Default 1. */
  fillPercent?: number;
}

export interface DefragmentProgress {
  /** Copied so far. */
  readonly entries: number;
  readonly bytes: number;
}

interface Copy {
  readonly destination: Database;
  readonly maxBytes: number;
  readonly fillPercent: number;
  tx: Transaction;
  /** Bytes put by the open transaction. */
  pending: number;
  entries: number;
  bytes: number;
  /** Roots of the buckets met so far: in a damaged file a bucket may be nested in itself. */
  readonly roots: Set<number>;
}

const DEFAULT_MAX_BYTES = 65_536;

/**
 * Copies all buckets and entries, in order, into an empty database: without free space, and with full
 * pages. The source may be written meanwhile; the copy is what `source` sees. Yields after every
 * commit of the copy, so that the caller may do other work; finished when the generator is.
 */
export function* defragment(
  source: Transaction,
  destination: Database,
  options: DefragmentOptions = {},
): Generator<DefragmentProgress> {
  const copy: Copy = {
    destination,
    maxBytes: options.maxBytesPerTransaction ?? DEFAULT_MAX_BYTES,
    fillPercent: options.fillPercent ?? 1,
    tx: destination.begin(true),
    pending: 0,
    entries: 0,
    bytes: 0,
    roots: new Set(),
  };
  let finished = false;
  try {
    yield* copyBucket(copy, source.root, []);
    copy.tx.commit();
    finished = true;
  } finally {
    if (!finished) copy.tx.rollbackManaged();
  }
  yield { entries: copy.entries, bytes: copy.bytes };
}

function* copyBucket(
  copy: Copy,
  from: Bucket,
  path: readonly Uint8Array[],
): Generator<DefragmentProgress> {
  let to = open(copy, path);
  const cursor = from.cursor();
  for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
    const { key, value } = entry;
    const size = key.length + (value?.length ?? 0);
    if (copy.maxBytes > 0 && copy.pending > 0 && copy.pending + size > copy.maxBytes) {
      yield* commitAndGoOn(copy);
      to = open(copy, path);
    }
    copy.pending += size;
    copy.bytes += size;
    copy.entries++;
    if (value !== undefined) {
      to.put(key, value);
      continue;
    }
    const nested = from.bucket(key);
    if (nested === undefined) throw new BoltError("CORRUPT", "a bucket is not under its own name");
    const { rootPageId } = nested;
    if (rootPageId !== 0 && copy.roots.has(rootPageId)) {
      throw new BoltError("CORRUPT", `page ${rootPageId}: multiple references`);
    }
    copy.roots.add(rootPageId);
    to.createBucket(key).setSequence(nested.sequence);
    yield* copyBucket(copy, nested, [...path, key]);
    to = open(copy, path);
  }
}

function* commitAndGoOn(copy: Copy): Generator<DefragmentProgress> {
  copy.tx.commit();
  yield { entries: copy.entries, bytes: copy.bytes };
  copy.tx = copy.destination.begin(true);
  copy.pending = 0;
}

/** The copy's bucket at this path, in the transaction that is open now. */
function open(copy: Copy, path: readonly Uint8Array[]): Bucket {
  let bucket = copy.tx.root;
  for (const name of path) bucket = bucket.bucket(name)!;
  bucket.fillPercent = copy.fillPercent;
  return bucket;
}
