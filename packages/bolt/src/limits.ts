/** Longest key in bytes. */
export const MAX_KEY_SIZE = 32_768;
/** Longest value in bytes. */
export const MAX_VALUE_SIZE: number = 2 ** 31 - 2;

/** Page size of a new file when none is asked for, in bytes. */
export const DEFAULT_PAGE_SIZE = 4096;
/** Smallest page size, in bytes; page sizes are powers of two. */
export const MIN_PAGE_SIZE = 1024;
/** Largest page size, in bytes. */
export const MAX_PAGE_SIZE: number = 16 * 1024 * 1024;

/** Pages of a file at most: 16 TiB of 4 KiB pages. */
export const MAX_PAGES: number = 2 ** 32;

/** Entries that a page has at least, unless it is the root. */
export const MIN_KEYS_PER_PAGE = 2;
/** Entries that a page has at most: 65,535 in the header's count means something else. */
export const MAX_KEYS_PER_PAGE = 0xfffe;
/** A corrupt file may hold a cycle; no healthy tree is deeper than this. */
export const MAX_TREE_DEPTH = 64;
/**
 * Buckets within buckets, at most: walks go down by calls, and some 1,500 of them overflow the stack.
 * bbolt has no limit.
 */
export const MAX_BUCKET_DEPTH = 500;
/** A node in memory with more entries than this is cut in two before it is ever written. */
export const MAX_NODE_ENTRIES = 4096;

/** Share of a page that a split fills, when the bucket does not say otherwise. */
export const DEFAULT_FILL_PERCENT = 0.5;
/** Smallest share that can be asked for. */
export const MIN_FILL_PERCENT = 0.1;
/** Largest share that can be asked for. */
export const MAX_FILL_PERCENT = 1;

/** The budget of the page cache when none is given, in bytes. */
export const DEFAULT_CACHE_BYTES: number = 128 * 1024 * 1024;
/**
 * Of the budget so much, but at most half, is left to pages that were pushed out and wait for the
 * garbage collector: V8 lets that many bytes gather.
 */
export const COLLECTOR_BYTES: number = 48 * 1024 * 1024;
/**
 * What is cut off the file after one commit at most, in bytes: file systems that discard blocks at once hold up other writes
 * for a millisecond or two a MiB.
 */
export const CUT_STEP_BYTES: number = 1024 * 1024;
/** The file grows by doubling up to this size, then in steps of it, in bytes. */
export const GROW_STEP_BYTES: number = 16 * 1024 * 1024;
/** Most bytes that a commit hands to one write. */
export const WRITE_RUN_BYTES: number = 1024 * 1024;
/**
 * A slice of an asynchronous commit ends after this many milliseconds: a fifth of the 10 that nothing may
 * take, because a garbage collection may come on top.
 */
export const DEFAULT_SLICE_MS = 2;

/** `Database.batch` runs what has gathered when there are this many calls. */
export const MAX_BATCH_SIZE = 1000;
/** `Database.batch` runs what has gathered when the oldest call has waited this many milliseconds. */
export const MAX_BATCH_DELAY_MS = 10;

/** Inspection refuses a page that claims to be longer than this, overflow included, in bytes. */
export const MAX_RAW_PAGE_BYTES: number = 2 ** 32;

/** Chunk size of hot copies where none is asked for, in bytes. */
export const COPY_CHUNK_BYTES: number = 32 * 1024;
