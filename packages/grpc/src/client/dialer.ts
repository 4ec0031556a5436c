import type { Socket, Timer } from "@nodetcd/runtime";
import { DEFAULT_MAX_REPLY_BYTES } from "../limits.ts";
import type { ChannelOptions, ServerAddress } from "./channel-options.ts";
import { ClientConnection, type ClientConnectionEvents } from "./client-connection.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const HTTP2: readonly string[] = ["h2"];
const BACKOFF_FIRST_MS = 100;
const BACKOFF_FACTOR = 1.6;
const BACKOFF_MAX_MS = 5_000;

/**
 * Makes connections, one attempt at a time. After a failure there is none for a while that grows from
 * 100 ms to 5 s; who asks in the meantime is told the last failure.
 */
export class Dialer {
  readonly #options: ChannelOptions;
  #dialing = false;
  #backoffMs = 0;
  #notBefore = -Infinity;
  #lastFailure = "";

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** Why nothing can be dialed now; undefined: go ahead. */
  get failure(): string | undefined {
    return this.#options.clock.monotonic() < this.#notBefore ? this.#lastFailure : undefined;
  }

  /** Begins an attempt unless one is under way; it ends in `onReady` or `onGone`, or `onFailed` here. */
  dial(events: ClientConnectionEvents, onFailed: (reason: string) => void): void {
    if (this.#dialing) return;
    this.#dialing = true;
    const { clock } = this.#options;
    const timeoutMs = this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    const failed = (reason: string): void => {
      this.#dialing = false;
      this.#backOff(reason);
      onFailed(this.#lastFailure);
    };
    connect(this.#options, timeoutMs).then(
      (socket) => {
        let settled = false;
        let timer: Timer | undefined;
        const settle = (): boolean => {
          timer?.cancel();
          const first = !settled;
          settled = true;
          return first;
        };
        const connection = new ClientConnection(
          socket,
          clock,
          {
            authority: authorityOf(this.#options),
            maxBytes: this.#options.maxReceiveMessageBytes ?? DEFAULT_MAX_REPLY_BYTES,
            keepalive: this.#options.keepalive,
          },
          {
            ...bind(events),
            onReady: (ready) => {
              settle();
              this.#dialing = false;
              this.#backoffMs = 0;
              events.onReady(ready);
            },
            onGone: (gone, reason) => {
              if (settle()) failed(reason);
              else events.onGone(gone, reason);
            },
          },
        );
        timer = clock.setTimer(timeoutMs, () =>
          connection.connection.destroy(`no HTTP/2 settings within ${timeoutMs} ms`),
        );
      },
      (error: unknown) => failed(error instanceof Error ? error.message : String(error)),
    );
  }

  #backOff(reason: string): void {
    this.#backoffMs = Math.min(
      BACKOFF_MAX_MS,
      Math.max(BACKOFF_FIRST_MS, this.#backoffMs * BACKOFF_FACTOR),
    );
    this.#notBefore = this.#options.clock.monotonic() + this.#backoffMs;
    this.#lastFailure = `connection error: desc = "transport: Error while dialing: ${reason}"`;
  }
}

async function connect(options: ChannelOptions, timeoutMs: number): Promise<Socket> {
  const { network, tls } = options;
  const given = typeof tls === "function" ? tls() : tls;
  const rest = given === undefined ? { timeoutMs } : { timeoutMs, tls: { alpn: HTTP2, ...given } };
  if ("path" in options) return await network.connectUnix({ path: options.path, ...rest });
  return await network.connect({ host: options.host, port: options.port, ...rest });
}

/** `:authority` of the calls; that of a socket file as in grpc-go. */
function authorityOf(address: ServerAddress): string {
  return "path" in address ? "localhost" : `${address.host}:${address.port}`;
}

function bind(events: ClientConnectionEvents): ClientConnectionEvents {
  return {
    onReady: (connection) => events.onReady(connection),
    onRoom: (connection) => events.onRoom(connection),
    onRetired: (connection) => events.onRetired(connection),
    onGone: (connection, reason) => events.onGone(connection, reason),
  };
}
