/** The public list of `@nodetcd/peers`. */
export { askPeer, type Question } from "./ask.ts";
export { Counters, peerMetrics } from "./counters.ts";
export { type Dialer, type DialerOptions, networkDialer } from "./dialer.ts";
export { PeerError, type PeerErrorCode, REMOVED_TEXT } from "./errors.ts";
export type { HeartbeatDelay } from "./heartbeat-delay.ts";
export type { Reply } from "./http1/exchange.ts";
export { hexId, parseHexId } from "./identity.ts";
export { parsePeerUrl, type PeerUrl } from "./peer-urls.ts";
export { snapshotDatabaseName } from "./snapshot-receive.ts";
export type { SnapshotSource } from "./snapshot-send.ts";
export { Transport, type TransportHandler, type TransportOptions } from "./transport.ts";
export { compareMinor, MIN_CLUSTER_VERSION, type MinorVersion, parseVersion } from "./version.ts";
