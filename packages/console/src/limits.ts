/** Bytes of a request's JSON body; imports are the largest. */
export const BODY_BYTES: number = 8 << 20;
/** Bytes of a value that a page gets; the rest is a download. */
export const VALUE_BYTES: number = 1 << 20;
/** Lines of a page of the tree. */
export const TREE_PAGE = 200;
/** Calls to etcd for one page of the tree. */
export const TREE_CALLS = 64;
/** Milliseconds that one page of the tree, or of a search, may look before it answers what it has. */
export const LOOK_MS = 700;
/** Milliseconds after which all keys are counted anew. */
export const KEY_COUNT_MS = 10_000;
/** Milliseconds that this waits for somebody whose reading counts them. */
export const KEY_COUNT_WAIT_MS = 1_000;
/** Keys that a search reads first. */
export const SEARCH_FIRST = 1_000;
/** Keys that a search reads at once after that, and answers at most. */
export const SEARCH_READ = 10_000;
export const SEARCH_FOUND = 200;
/** Operations in one transaction; etcd's own default. */
export const TXN_OPS = 128;
/** Sessions at once; the one that was idle longest makes room. */
export const SESSIONS = 1_000;
/** Milliseconds after which an idle session ends. */
export const SESSION_IDLE_MS: number = 8 * 3_600_000;
/** Milliseconds that unlocking lasts. */
export const UNLOCK_MS: number = 15 * 60_000;
/** Failed sign-ins a minute before more are refused. */
export const SIGN_INS_PER_MINUTE = 20;
/** Milliseconds between two samples. */
export const SAMPLE_MS = 10_000;
/** Samples in memory; older ones are thinned to every second, fourth and so on. */
export const SAMPLES = 20_000;
/** Bytes of the file of samples before it is written anew. */
export const SAMPLE_FILE_BYTES: number = 16 << 20;
/** Milliseconds to wait for one member's status or metrics. */
export const ASK_MEMBER_MS = 2_500;
/** Bytes of a member's metrics that are read. */
export const METRICS_BYTES: number = 8 << 20;
/** Entries in the audit list in memory. */
export const AUDIT_ENTRIES = 5_000;
/** Streams of events that all pages may have open together. */
export const STREAMS = 200;
/** Milliseconds between two batches of a tail, and events in one; what is more is counted. */
export const TAIL_MS = 100;
export const TAIL_EVENTS = 100;
/** Prefixes that one batch of a tail counts by; the rest goes together. */
export const TAIL_PREFIXES = 200;
/** Leases that a page shows, keys of each, and leases that the search for locks looks at. */
export const LEASE_PAGE = 200;
export const LEASE_KEYS = 20;
export const LOCK_LEASES = 2_000;
/** Calls that one page makes side by side. */
export const SIDE_BY_SIDE = 16;
/** Milliseconds that all gates must have held before a member is taken away. */
export const GATE_MS = 5_000;
/** Entries that a follower may be behind then. */
export const GATE_BEHIND = 100;
/** Milliseconds after which a task that only waits gives up. */
export const GATE_PATIENCE_MS: number = 30 * 60_000;
/** Keys that a reading of history weighs. */
export const HISTORY_KEYS = 2_000_000;
/** The most written keys that a page shows. */
export const TOP_SHOWN = 12;
/** Keys that the index of searches holds, and changes after which it is read anew. */
export const INDEX_KEYS = 2_000_000;
export const INDEX_CHANGES = 100_000;
/** Milliseconds without a search after which the index goes. */
export const INDEX_IDLE_MS: number = 10 * 60_000;
/** fsync p99 in milliseconds past which no member is taken away. */
export const GATE_FSYNC_MS = 100;
