/** Milliseconds a unary call may take when its options say nothing: above etcd's own 7 s. */
export const DEFAULT_TIMEOUT_MS = 10_000;
/** Milliseconds to wait for a TCP connection. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 2_000;
/** How often one call is tried at most (clientv3: 100). */
export const MAX_ATTEMPTS = 100;
/** Milliseconds between tries once every endpoint had its turn (clientv3: 25, jitter 10 %). */
export const RETRY_WAIT_MS = 25;
/** Upper bound of that wait; it doubles with each round over the endpoints. */
export const RETRY_WAIT_MAX_MS = 1_000;
/** Milliseconds that an endpoint which could not be reached is asked last; doubles up to the bound. */
export const ENDPOINT_REST_MS = 3_000;
export const ENDPOINT_REST_MAX_MS = 24_000;
/** Milliseconds that an endpoint has to answer a probe before it gets calls again. */
export const PROBE_TIMEOUT_MS = 2_000;
/**
 * Milliseconds of silence before a connection with open calls is asked whether it lives. etcd cuts clients
 * that ask more often than every 5 s.
 */
export const KEEPALIVE_INTERVAL_MS = 5_500;
/** Milliseconds to wait for that answer; both together are below the default deadline of a call. */
export const KEEPALIVE_TIMEOUT_MS = 3_500;
/** Milliseconds that the end of a client waits for its locks and leaderships to be given up. */
export const RELEASE_AT_CLOSE_MS = 1_000;
/** Events that a watcher holds for a slow reader before it stops taking from the socket. */
export const WATCH_QUEUE_EVENTS = 1_024;
/** Keys a page when iterating over a large prefix. */
export const PAGE_KEYS = 1_000;
/** Milliseconds before a broken keep-alive stream is opened again (clientv3: 500). */
export const KEEP_ALIVE_REOPEN_MS = 500;
/** Seconds a lock or leadership outlives its holder. */
export const SESSION_TTL_SECONDS = 10;
/** Bytes of the largest reply that is accepted, as in etcd's own client: no bound but gRPC's. */
export const MAX_RECEIVE_BYTES: number = 2 ** 31 - 1;
/** Milliseconds without a change after which a server is asked how far it has come, when history is read. */
export const HISTORY_PROGRESS_MS = 50;
/** Answers in a row, each after such a time, that all has come; one would do from etcd 3.5 on. */
export const HISTORY_ANSWERS = 3;
/** How often history is begun anew because it was compacted just then. */
export const HISTORY_RESTARTS = 5;
/** Keys of one transaction of a restore; a server's usual limit is 128 operations. */
export const RESTORE_BATCH_KEYS = 64;
/** Bytes of keys and values of one transaction of a restore; a server's usual limit is 1.5 MiB. */
export const RESTORE_BATCH_BYTES: number = 1024 * 1024;
/** Bytes of keys and values that a preview of a restore holds at most. */
export const RESTORE_BYTES_MAX: number = 512 * 1024 * 1024;
/** Seconds that a pin outlives its owner, and that it lasts at most, when its options say nothing. */
export const PIN_TTL_SECONDS = 60;
export const PIN_MAX_SECONDS = 3_600;
