/** Longest message on a stream or in a POST, in bytes (etcd's number). */
export const MESSAGE_BYTES_MAX: number = 512 * 1024 * 1024;
/** Bodies of POSTs that are being received at a time, in bytes, over all connections. */
export const POSTED_BYTES_MAX: number = 512 * 1024 * 1024;
/** Longest body of a request that is not raft's, in bytes. */
export const OTHER_BODY_BYTES_MAX: number = 1024 * 1024;
/** Longest message before the database in a snapshot, in bytes (etcd's number). */
export const SNAPSHOT_MESSAGE_BYTES_MAX: number = 64 * 1024 * 1024;
/** Entries of one append in its short form. */
export const APPEND_ENTRIES_MAX: number = 1024 * 1024;
/** Messages that wait for one stream (etcd's number). */
export const STREAM_MESSAGES_MAX = 4096;
/** Data bytes of the messages that wait for one stream; a single message may be longer. */
export const STREAM_BYTES_MAX: number = 512 * 1024 * 1024;
/** Bytes that a stream's socket may hold before messages stay in the queue. */
export const SOCKET_BYTES_MAX: number = 1024 * 1024;
/** Messages are encoded into one chunk until it has so many bytes. */
export const CHUNK_BYTES = 262_144;
/** Messages that wait for the pipeline of one peer (etcd's number). */
export const PIPELINE_MESSAGES_MAX = 64;
/** Connections of one pipeline (etcd's number). */
export const PIPELINE_CONNECTIONS = 4;
/** Snapshots on their way to all peers at a time (etcd's number). */
export const SNAPSHOTS_SENT_MAX = 16;
/** Snapshots that are received at a time; each is a file of the size of the database. */
export const SNAPSHOTS_RECEIVED_MAX = 2;
/** Members that have called but are not in the configuration yet; the oldest gives way. */
export const REMOTES_MAX = 64;
/** URLs of one member that are remembered. */
export const URLS_MAX = 32;
/** Head of a request or response, or trailers, in bytes. */
export const HEAD_BYTES_MAX: number = 16 * 1024;
/** Line before a chunk, in bytes. */
export const CHUNK_LINE_BYTES_MAX = 256;
/** Bytes behind a request that is not answered yet. */
export const AHEAD_BYTES_MAX: number = 128 * 1024;
/** Longest body of a reply that is not a stream, in bytes, unless the caller says otherwise. */
export const REPLY_BYTES_MAX: number = 64 * 1024;
/** Connections to the peer port at a time; those above are closed. */
export const CONNECTIONS_MAX = 1024;

/** A connection on which nothing arrives for so long is given up, in milliseconds (etcd's number). */
export const READ_TIMEOUT_MS = 5_000;
/** A connection that takes no bytes for so long is given up, in milliseconds (etcd's number). */
export const WRITE_TIMEOUT_MS = 5_000;
/** A connection that is over waits so long for the peer to take its end, in milliseconds. */
export const LINGER_MS = 1_000;
/** Every writer says this often that it is there, in milliseconds. */
export const LINK_HEARTBEAT_MS: number = READ_TIMEOUT_MS / 3;
/** From one attempt to open a stream to the next, in milliseconds (etcd's number). */
export const REDIAL_MS = 100;
/** Until the answer to a POST is there, in milliseconds. */
export const POST_TIMEOUT_MS = 10_000;
/** Until a snapshot that was sent is acknowledged, in milliseconds: the receiver syncs it first. */
export const SNAPSHOT_REPLY_TIMEOUT_MS = 60_000;
/** A snapshot of which nothing moves for so long is given up, in milliseconds. */
export const SNAPSHOT_STALL_MS = 30_000;
/** A snapshot that is not through after so long is given up, in milliseconds. */
export const SNAPSHOT_TIMEOUT_MS: number = 24 * 60 * 60 * 1000;
/** Bytes of a snapshot that wait for the disk before the sender is made to wait. */
export const SNAPSHOT_PENDING_BYTES: number = 1024 * 1024;
/**
 * Bytes of a snapshot that are written before they are synced: what lies unwritten in the system's memory holds up the
 * syncs of the log, once it is written all at once.
 */
export const SNAPSHOT_SYNC_BYTES: number = 16 * 1024 * 1024;
/** A connection that was idle for longer is not used again, in milliseconds. */
export const REUSE_WITHIN_MS = 4_500;
/** From one probe of a peer to the next, in milliseconds (etcd's number). */
export const PROBE_INTERVAL_MS = 4_000;
/** Share of the newest probe in the smoothed round trip. */
export const ROUND_TRIP_ALPHA = 0.125;
/** From one look at a healthy peer's probes to the next, in milliseconds (etcd's number). */
export const PROBE_LOOK_MS = 30_000;
/** The same for a peer that does not answer. */
export const PROBE_LOOK_ILL_MS = 5_000;
/** A peer whose clock is behind by more is worth a warning, in milliseconds (etcd's number). */
export const CLOCK_DIFFERENCE_MAX_MS = 1_000;
