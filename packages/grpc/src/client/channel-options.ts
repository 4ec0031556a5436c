import type { Clock, Network, TlsClientOptions } from "@nodetcd/runtime";

/** When a silent connection is asked by PING whether it lives, in milliseconds. */
export interface ChannelKeepalive {
  /** Silence before a PING. Servers cut clients that ask too often; etcd's limit is 5000. */
  readonly intervalMs: number;
  /** Without an answer for this long the connection is given up. */
  readonly timeoutMs: number;
  /** Ask also while no call is open. Default false. */
  readonly withoutCalls?: boolean;
}

/** Where a server is reached: over TCP, or at a socket file, absolute or from the working directory. */
export type ServerAddress =
  { readonly host: string; readonly port: number } | { readonly path: string };

export type ChannelOptions = ServerAddress & ChannelSettings;

export interface ChannelSettings {
  network: Network;
  clock: Clock;
  /**
   * With TLS, or without by default. A function is called for each connection, so that it can bring certificates that
   * were replaced. `alpn` is h2 unless it is said.
   */
  tls?: TlsClientOptions | (() => TlsClientOptions);
  /** Milliseconds from dialing to the server's settings. Default 5000. */
  connectTimeoutMs?: number;
  /** Default: never asks. */
  keepalive?: ChannelKeepalive;
  /** Longer replies fail with RESOURCE_EXHAUSTED. Default 2^31 - 1, as in etcd's client. */
  maxReceiveMessageBytes?: number;
}
