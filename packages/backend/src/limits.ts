/** A commit is begun this long after the first change of a batch, in milliseconds, by default. */
export const BATCH_INTERVAL_MS = 100;
/** A commit is begun at once when a batch has this many changes, by default. */
export const BATCH_CHANGES = 10_000;
/** Longest stretch of work on the event loop before others get their turn, in milliseconds. */
export const SLICE_MS = 1;
/** How many steps of such work are done between two looks at the clock. */
export const STEPS_PER_LOOK = 64;
/** Changes that may wait in memory before writers are asked to. */
export const PENDING_CHANGES_MAX = 200_000;
/** Bytes of keys and values that may wait in memory before writers are asked to. */
export const PENDING_BYTES_MAX: number = 256 * 1024 * 1024;
/** Records copied in one transaction while defragmenting, by default. */
export const DEFRAGMENT_RECORDS = 10_000;
/** How full pages are made while defragmenting, as etcd, but in buckets that only grow at their end. */
export const DEFRAGMENT_FILL_PERCENT = 0.9;
/** Bytes of records copied in one transaction while defragmenting. */
export const DEFRAGMENT_BYTES: number = 4 * 1024 * 1024;
