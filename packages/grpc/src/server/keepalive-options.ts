/** What a server asks of its connections, in milliseconds; as in etcd's `--grpc-keepalive-*`. */
export interface KeepaliveOptions {
  /** Clients that send PING more often than this are cut off. Default 5000. */
  readonly minTimeMs: number;
  /** A connection silent for this long is asked by PING whether it lives. Default 7,200,000. */
  readonly intervalMs: number;
  /** Without an answer for this long it is cut. Default 20,000. */
  readonly timeoutMs: number;
}

export const DEFAULT_KEEPALIVE: KeepaliveOptions = {
  minTimeMs: 5_000,
  intervalMs: 7_200_000,
  timeoutMs: 20_000,
};
