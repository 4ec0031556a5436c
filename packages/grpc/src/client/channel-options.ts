import type { Clock, Network } from "@nodetcd/runtime";

/** When a silent connection is asked by PING whether it lives, in milliseconds. */
export interface ChannelKeepalive {
  /** Silence before a PING. Servers cut clients that ask too often; etcd's limit is 5000. */
  readonly intervalMs: number;
  /** Without an answer for this long the connection is given up. */
  readonly timeoutMs: number;
  /** Ask also while no call is open. Default false. */
  readonly withoutCalls?: boolean;
}

export interface ChannelOptions {
  network: Network;
  clock: Clock;
  host: string;
  port: number;
  /** Milliseconds from dialing to the server's settings. Default 5000. */
  connectTimeoutMs?: number;
  /** Default: never asks. */
  keepalive?: ChannelKeepalive;
  /** Longer replies fail with RESOURCE_EXHAUSTED. Default 2^31 - 1, as in etcd's client. */
  maxReceiveMessageBytes?: number;
}
