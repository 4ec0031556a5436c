/** How many of something are allowed at once, and how many a second after that. */
export interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/** Default of `maxReceiveMessageBytes`, in bytes: etcd's 1.5 MiB request and 512 KiB around it. */
export const DEFAULT_MAX_RECEIVE_MESSAGE_BYTES: number = 2 * 1024 * 1024;

/** Default of a channel's `maxReceiveMessageBytes`, in bytes. */
export const DEFAULT_MAX_REPLY_BYTES = 0x7fff_ffff;

/** Default of `maxConcurrentStreams`: open calls of one connection; more are refused. */
export const DEFAULT_MAX_CONCURRENT_STREAMS: number = 65_536;

/** Bytes queued in one call from which on `send` answers false. */
export const SEND_HIGH_WATER_BYTES: number = 256 * 1024;

/** Bytes of one stream that the peer may send before they were taken. */
export const STREAM_WINDOW_BYTES: number = 256 * 1024;

/** As `STREAM_WINDOW_BYTES`, for all streams of a connection together. */
export const CONNECTION_WINDOW_BYTES: number = 1024 * 1024;

/**
 * Bytes of incomplete messages of one connection; a call that exceeds it is RESOURCE_EXHAUSTED. Requests of
 * calls that wait for `QUEUED_REPLIES_MAX` count as well; a call that exceeds it so is refused.
 */
export const ASSEMBLY_BYTES_MAX: number = 64 * 1024 * 1024;

/** Bytes that a server unpacks of compressed messages in one turn of the loop; the last one may exceed it. */
export const INFLATED_BYTES_PER_TURN: number = 1024 * 1024;

/** Bytes that a connection may have queued for a peer that does not take them before it stops reading. */
export const PAUSE_READING_BYTES: number = 4 * 1024 * 1024;

/** Bytes of queued replies of one connection from which on new calls wait. */
export const QUEUED_REPLIES_MAX: number = 64 * 1024 * 1024;

/** Calls that have waited for that and begin in one turn of the loop. */
export const HELD_CALLS_BEGUN = 32;

/** Bytes of a compressed header block, over HEADERS and all CONTINUATION frames; more ends the connection. */
export const HEADER_BLOCK_BYTES_MAX: number = 256 * 1024;

/** Size of a decoded header list as RFC 9113 section 6.5.2 counts it; announced to the peer. More ends the call. */
export const HEADER_LIST_BYTES_MAX: number = 64 * 1024;

/** CONTINUATION frames of one header block. */
export const CONTINUATIONS_MAX = 32;

/** Milliseconds within which a client has to send its preface. */
export const PREFACE_TIMEOUT_MS = 10_000;

/** Milliseconds that a peer has to close its end after GOAWAY with an error. */
export const LINGER_MS = 1_000;

/**
 * Milliseconds that a client has to acknowledge that the server stops; calls that it began before are served.
 * After that they are refused.
 */
export const DRAIN_MS = 1_000;

/** Streams that this side reset whose late frames are ignored. */
export const RESETS_REMEMBERED = 8_192;

/** Calls that wait for a connection or for a free stream in one channel; more fail. */
export const WAITING_CALLS_MAX = 65_536;

/**
 * Calls that the client gave up before they were answered (rapid reset). A reset costs less than a served call, and
 * clients in Go cancel thousands at once, tens of thousands a second.
 */
export const RESET_ALLOWANCE: Allowance = { burst: 200_000, perSecond: 50_000 };
export const SETTINGS_ALLOWANCE: Allowance = { burst: 100, perSecond: 10 };
/** PINGs above the messages sent, where the keepalive rules let them pass. */
export const PING_ALLOWANCE: Allowance = { burst: 10_000, perSecond: 5_000 };
/** Frames that carry nothing: empty DATA and CONTINUATION frames. */
export const EMPTY_FRAME_ALLOWANCE: Allowance = { burst: 1_000, perSecond: 100 };
/** Mistakes that end a stream and not the connection. */
export const STREAM_ERROR_ALLOWANCE: Allowance = { burst: 1_000, perSecond: 100 };
