import { Channel, type ChannelKeepalive, type Transport } from "@nodetcd/grpc";
import type { Clock, Network, TlsClientOptions } from "@nodetcd/runtime";
import { parseEndpoint, showEndpoint } from "./endpoint-url.ts";
import { MAX_RECEIVE_BYTES } from "./limits.ts";

/** One server that calls can go to. */
export interface Endpoint {
  /** `host:port`, `unix://path`, or `local` in the same process. */
  readonly address: string;
  readonly transport: Transport;
  /** Monotonic milliseconds until which it is asked last, because it could not be reached; 0: it is well. */
  restsUntil: number;
  /** How often in a row it could not be reached. */
  failures: number;
  /** Somebody is finding out whether it can be reached again. */
  probing: boolean;
}

/** How servers are reached: the same for all endpoints of a client. */
export interface ConnectionOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** Undefined: connections are never asked whether they live. */
  readonly keepalive: ChannelKeepalive | undefined;
  /** Of endpoints whose URL says TLS, or does not say. */
  readonly tls: TlsClientOptions | (() => TlsClientOptions) | undefined;
}

export function newEndpoint(address: string, transport: Transport): Endpoint {
  return { address, transport, restsUntil: 0, failures: 0, probing: false };
}

/** An endpoint behind a connection that is made when it is first needed. */
export function connectEndpoint(text: string, options: ConnectionOptions): Endpoint {
  const { address, isSecure } = parseEndpoint(text);
  const { network, clock, connectTimeoutMs, keepalive, tls } = options;
  const isTls = isSecure ?? tls !== undefined;
  const transport = new Channel({
    ...address,
    network,
    clock,
    connectTimeoutMs,
    maxReceiveMessageBytes: MAX_RECEIVE_BYTES,
    ...(isTls ? { tls: tls ?? {} } : {}),
    ...(keepalive === undefined ? {} : { keepalive }),
  });
  return newEndpoint(showEndpoint(address), transport);
}
