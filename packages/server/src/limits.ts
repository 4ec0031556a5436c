/** Bounds of the server; each says what happens when it is reached. */

/** Requests proposed and not answered yet; more are refused with `too many requests`. */
export const PROPOSALS_MAX = 50_000;
/** Bytes of those requests; more are refused with `too many requests`. */
export const PROPOSAL_BYTES_MAX: number = 256 * 1024 * 1024;
/** Entries committed and not applied yet; above it requests are refused (etcd's number). */
export const APPLY_LAG_MAX = 5_000;
/** Milliseconds between two tries of a starting member to make itself known while it has more than that to apply. */
export const PUBLISH_PAUSE_MS = 10;
/** Longest stretch of applying before other events get their turn, in milliseconds. */
export const APPLY_SLICE_MS = 4;
/** Entries between two looks at the clock while applying. */
export const APPLY_CLOCK_EVERY = 4;
/** Keys that a deletion deletes, or a transaction changes, in one turn: some 2 ms. */
export const CHANGED_KEYS_PER_TURN = 1_000;
/** How deep transactions nest, whatever `maxTxnOps` is: they are applied by calls, and some 3,000 end the stack. */
export const TXN_DEPTH_MAX = 1_000;
/** Bytes that gRPC takes above `maxRequestBytes`. */
export const GRPC_OVERHEAD_BYTES: number = 512 * 1024;
/** Committed entries that raft gives out at once, in bytes; the others follow. */
export const READY_BYTES_MAX: number = 64 * 1024 * 1024;
/** Bytes of raft's log in memory; older entries that are applied are read back from the disk for who needs them. */
export const LOG_BYTES_MAX: number = 64 * 1024 * 1024;
/** Bytes of the log after which it gets a snapshot, whatever `snapshotCount` says. */
export const SNAPSHOT_BYTES: number = 256 * 1024 * 1024;
/** Sockets that were accepted while the member was still starting; more are closed at once. */
export const EARLY_SOCKETS_MAX = 1_024;
/** File descriptors kept for the member's own files; what is above is for connections (etcd's number). */
export const DESCRIPTORS_RESERVED = 150;
/** As many at least where the process may have few: half, but not less than this. */
export const DESCRIPTORS_RESERVED_MIN = 48;
/** Refused connections are counted, and logged once in this time, in milliseconds. */
export const REFUSALS_LOG_MS = 10_000;
/** Lines about connections that did not get through their TLS handshake in `REJECTIONS_LOG_MS`; others are counted. */
export const REJECTIONS_LOGGED = 200;
/** Milliseconds of which each may have so many such lines. */
export const REJECTIONS_LOG_MS = 10_000;
/** Size of one message of a snapshot stream (etcd's number). */
export const SNAPSHOT_CHUNK_BYTES: number = 32 * 1024;
/** What is read at once of a database that goes to another member, in bytes: each reading is a trip to a thread. */
export const PEER_SNAPSHOT_CHUNK_BYTES: number = 128 * 1024;
/** A watch response with more events is encoded in slices of `LONG_READ_SLICE_MS`, one in a turn of the loop. */
export const EVENTS_PER_TURN = 2_000;
/** Events that are encoded between two looks at the clock. */
export const EVENTS_PER_LOOK = 64;
/**
 * Bytes of a watch response for a client that did not ask for fragments: many take messages of 4 MiB and no
 * more. It ends between two revisions; one that is larger by itself is sent whole.
 */
export const WATCH_RESPONSE_BYTES: number = 4 * 1024 * 1024;
/** Watches of one stream; more are refused with a canceled response. */
export const WATCHES_PER_STREAM_MAX = 1_000_000;
/** Renewals of one stream that wait for those before them; more are not read from the socket. */
export const KEEP_ALIVES_WAITING_MAX = 1_000;
/** Leases revoked at the same time because they expired; the log takes them in one write. */
export const REVOKES_IN_FLIGHT_MAX = 128;
/** Leases waiting to be revoked; the lessor reports them again later. */
export const REVOKE_QUEUE_MAX = 10_000;
/** Pins of history that automatic compaction looks at; with more nothing is compacted. */
export const PINS_MAX = 1_000;
/** A pin that a member has seen for so long, in milliseconds, is not respected any longer. */
export const PIN_LIMIT_MS: number = 24 * 3_600_000;
/** How often a member notes which pins there are, in milliseconds. */
export const PIN_LOOK_MS = 60_000;
/** Free bytes of the database file below which it is not rewritten by itself, whatever their share. */
export const RECLAIM_BYTES_MIN: number = 64 * 1024 * 1024;
/** From one time that the file is rewritten by itself to the next at least, in milliseconds. */
export const RECLAIM_INTERVAL_MS = 3_600_000;
/** The same while the member's NOSPACE alarm is to be withdrawn. */
export const RECLAIM_ALARM_INTERVAL_MS = 600_000;
/** How often, give or take half of it, a member looks whether its file is worth rewriting, in milliseconds. */
export const RECLAIM_LOOK_MS = 60_000;
/** How long another member has to say whether it rewrites its file, in milliseconds. */
export const RECLAIM_ASK_MS = 2_000;
/** Share of the quota that the file must be below for the NOSPACE alarm to be withdrawn. */
export const RECLAIM_DISARM_SHARE = 0.9;
/** How often WAL and snapshot files beyond the wanted number are removed, in milliseconds. */
export const PURGE_INTERVAL_MS = 30_000;
/** Keys that a range may span, deleted ones included, and still be read at one go. */
export const LARGE_RANGE_KEYS = 256;
/** Bytes of pairs that are read at one go; a range with more of them is read in slices, too. */
export const LARGE_RANGE_BYTES: number = 4 * 1024 * 1024;
/** Bytes of a transaction's reply after which they make room in the writer that all replies share. */
export const RESPONSE_PART_BYTES: number = 1024 * 1024;
/** Bytes written of a transaction's reply that count as much as a changed key in `CHANGED_KEYS_PER_TURN`. */
export const BYTES_PER_CHANGED_KEY = 4096;
/** Larger ranges are read in slices of this many milliseconds, one in a turn of the loop. */
export const LONG_READ_SLICE_MS = 3;
/** Bytes of a large reply that are copied between two looks at the clock. */
export const JOIN_STEP_BYTES: number = 512 * 1024;
/** Longest reply to a range, in bytes; longer ones are refused as by etcd's gRPC (2^31 - 1). */
export const REPLY_BYTES_MAX: number = 2 ** 31 - 1;
/** A message of RangeStream ends behind the pair with which it has so many bytes, whatever was planned by keys. */
export const RANGE_STREAM_MESSAGE_BYTES: number = 16 * 1024 * 1024;
/** Bytes of a slow call's reply up to which the log says how many pairs it has; of longer ones it says -1. */
export const COUNTED_REPLY_BYTES_MAX: number = 16 * 1024 * 1024;
/** Users whose identity is kept ready for their next request; with one more all are forgotten. */
export const CALLERS_KEPT_MAX = 1_000;
/** After a snapshot was sent the entries that follow it are kept this long for its receiver, in milliseconds (etcd's number). */
export const COMPACT_AFTER_SNAPSHOT_MS = 30_000;
/** Longest body of a request about a lease on the peer port, in bytes (etcd's number). */
export const LEASE_BODY_BYTES_MAX: number = 64 * 1024;
/** Bytes of JSON at the gateway for each byte that the same message may have in gRPC; more is refused. */
export const GATEWAY_JSON_FACTOR = 2;
/** Bytes of a single answer, in its binary form, that the gateway turns into JSON; a larger one is refused. */
export const GATEWAY_REPLY_BYTES_MAX: number = 64 * 1024 * 1024;
/** Bytes of requests and answers at the gateway together; with more, requests are refused with `too many requests`. */
export const GATEWAY_HELD_BYTES_MAX: number = 256 * 1024 * 1024;
/** Characters of messages that one stream at the gateway holds for its client before the call is held back. */
export const GATEWAY_QUEUED_BYTES: number = 64 * 1024;
/** Bytes of audit lines that wait to be written; more lines are dropped and counted. */
export const AUDIT_QUEUE_BYTES_MAX: number = 8 * 1024 * 1024;
/** Bytes of audit lines that are written at once. */
export const AUDIT_WRITE_BYTES_MAX: number = 256 * 1024;
/** After a failed write of the audit log it is tried again, in milliseconds. */
export const AUDIT_RETRY_MS = 1_000;
/** How long the end of a member waits for its last audit lines, in milliseconds. */
export const AUDIT_LAST_LINES_MS = 2_000;
/** Rules of the audit log; more are refused at the start. */
export const AUDIT_RULES_MAX = 1_000;
/** Key ranges shown in one audit line; the rest is counted. */
export const AUDIT_RANGES_MAX = 64;
/** Bytes of a key, or of another text of a client, in an audit line; longer keys are shown by their hash, texts are cut. */
export const AUDIT_KEY_BYTES_MAX = 4_096;
/**
 * Bytes that a member leaves free on its disks, and refuses writes rather than take: the next segment of the log (64 MB), and room for the
 * deletions and compactions that lead out.
 */
export const DISK_RESERVE_BYTES: number = 80 * 1024 * 1024;
/** How often a member looks how much is left, in milliseconds; the shorter time when it is less than eight times the reserve. */
export const DISK_LOOK_MS = 1_000;
export const DISK_LOOK_OFTEN_MS = 100;
