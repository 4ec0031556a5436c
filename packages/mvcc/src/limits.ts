/** Records passed over in one step of a compaction, and deleted before a commit, as etcd's default. */
export const COMPACTION_BATCH_LIMIT = 1000;
/** Milliseconds that a compaction rests at least after a commit beside which others worked: etcd's pause after each. */
export const COMPACTION_SLEEP_MS = 10;
/** And at most. */
export const COMPACTION_REST_MAX_MS = 100;
/** A turn of the event loop that takes longer than this had work of others in it, in milliseconds. */
export const COMPACTION_IDLE_TURN_MS = 1;
/** Record bytes after which a step of a compaction ends even when its count is not reached. */
export const COMPACTION_BATCH_BYTES: number = 4 * 1024 * 1024;
/** Finished compactions whose hash is remembered, the newest ones. */
export const COMPACT_HASHES_KEPT = 10;

/** Milliseconds that background work runs before the event loop gets its turn. */
export const SLICE_MS = 4;
/** Records between two looks at the clock inside a slice. */
export const SLICE_CHECK_RECORDS = 64;
/** Records that one backend range of a restore or a hash may visit. */
export const SCAN_RECORDS = 10_000;

/** A slice of a range looks at the clock after work that costs as much as this many keys passed over. */
export const COST_PER_LOOK = 2048;
/** What giving a key alone costs, in keys passed over. */
export const KEY_COST = 10;
/** What giving a pair from the backend costs at least, in keys passed over. */
export const FETCH_COST = 100;
/** What passing over a key costs that is deleted already, beside deleting one. */
export const PASSING_COST: number = 1 / 32;
/** What a byte costs of a pair that is read before it is deleted, beside deleting a key. */
export const BYTE_COST: number = 1 / 4096;
/** Keys looked at in one step of counting. */
export const COUNT_STEP_KEYS = 4096;

/** Keys in one chunk of the ordered index before it is split in two. */
export const CHUNK_KEYS = 256;
/** Parts of the hash table, each of which grows by itself so that no growth stalls the loop. */
export const TABLE_SEGMENTS = 1024;

/** Default budget of recent values held in memory, in bytes. */
export const CACHE_BYTES: number = 128 * 1024 * 1024;
/** Memory is taken from the system in slabs of this many bytes; larger records get their own. */
export const SLAB_BYTES: number = 64 * 1024;
/** What a cached value costs besides its bytes: the views and objects around it, in bytes. */
export const CACHED_VALUE_OVERHEAD = 200;

/** Watchers that read history together. */
export const CATCH_UP_WATCHERS = 4096;
/** Revisions with events of one window of catching up: the most that one response carries, as in etcd. */
export const CATCH_UP_REVISIONS = 1000;
/** Events after which a window ends at the next revision, counted for each watcher that gets them. */
export const CATCH_UP_EVENTS = 8192;
/** So many for each watcher are always read: a response costs as much as ten events. */
export const CATCH_UP_EVENTS_EACH = 8;
/**
 * As `CATCH_UP_EVENTS`, bytes of these events that a window does not exceed but for one revision that does so by
 * itself: a response stays below the 4 MiB that most clients take.
 */
export const CATCH_UP_BYTES: number = 4 * 1024 * 1024 - 1024;
/** What an event takes in a response besides its pair, at most, in bytes. */
export const EVENT_OVERHEAD_BYTES = 16;

/** A revision with more changes has taken its turn of the loop: its watchers are looked up in the next ones. */
export const CHANGES_PER_TURN = 1000;
/** Changes, and events of them for watchers, that are looked up between two looks at the clock. */
export const LOOK_UP_COST_PER_LOOK = 256;
/** Watchers that are given their events between two looks at the clock. */
export const DELIVERIES_PER_LOOK = 8;
/**
 * Events that may wait for their watchers, an event counted for each of them; beyond it the watchers read them
 * from history instead.
 */
export const PENDING_EVENTS_MAX = 1_000_000;
/** Watchers of a closed stream that are dismissed between two looks at the clock. */
export const RETIRED_PER_LOOK = 64;
