import { Deadlines } from "../deadlines.ts";
import { WAITING_CALLS_MAX } from "../limits.ts";
import { Status } from "../status.ts";
import type { CallOptions, ClientStream, Transport } from "../transport.ts";
import { callStatus } from "./call-outcome.ts";
import type { ChannelOptions } from "./channel-options.ts";
import type { ClientConnection, ClientConnectionEvents } from "./client-connection.ts";
import { ClientStreamCall } from "./client-stream-call.ts";
import { ClientUnaryCall, type UnaryDone } from "./client-unary-call.ts";
import { Dialer } from "./dialer.ts";
import { onAbort } from "../on-abort.ts";
import type { Metadata } from "../metadata.ts";
import type { PendingCall } from "./pending-call.ts";

const CLOSED = "the channel is closed";

/**
 * gRPC to one server over one connection, which is made at the first call and again after it was lost.
 * Calls wait while it is being made; where that fails they end with UNAVAILABLE, and so do calls in the
 * 100 ms to 5 s before the next attempt.
 */
export class Channel implements Transport {
  readonly #options: ChannelOptions;
  readonly #dialer: Dialer;
  readonly #deadlines: Deadlines;
  readonly #waiting = new Set<PendingCall>();
  /** The connection for new calls. */
  #current: ClientConnection | undefined;
  /** All connections that have calls. */
  readonly #open = new Set<ClientConnection>();
  #closed = false;
  readonly #events: ClientConnectionEvents = {
    onReady: (connection) => this.#onReady(connection),
    onRoom: () => this.#startWaiting(),
    onRetired: (connection) => this.#onRetired(connection),
    onGone: (connection) => this.#onGone(connection),
  };

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#dialer = new Dialer(options);
    this.#deadlines = new Deadlines(options.clock);
  }

  unary(path: string, request: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const { signal, timeoutMs } = options;
      const call = new ClientUnaryCall(
        path,
        request,
        (error, reply) => {
          forget?.();
          if (error !== undefined) reject(error);
          else resolve(reply!);
        },
        options,
      );
      const forget = signal && onAbort(signal, () => call.cancel());
      if (timeoutMs !== undefined) {
        call.setDeadline(this.#deadlines, timeoutMs, this.#options.clock.monotonic());
      }
      if (signal?.aborted === true) call.cancel();
      else this.#begin(call);
    });
  }

  /**
   * As `unary` without a promise, and of the options with metadata alone, which must not change. `request` is borrowed
   * and must not change until `done`, which may be called before this returns when there is no connection to be had.
   */
  unaryCallback(path: string, request: Uint8Array, done: UnaryDone, metadata?: Metadata): void {
    this.#begin(new ClientUnaryCall(path, request, done, metadata && { metadata }));
  }

  stream(path: string, options: CallOptions = {}): ClientStream {
    const call = new ClientStreamCall(path, options);
    if (options.timeoutMs !== undefined) {
      call.setDeadline(this.#deadlines, options.timeoutMs, this.#options.clock.monotonic());
    }
    if (options.signal?.aborted === true) call.cancel();
    // The caller has to set its handlers before anything can happen.
    else queueMicrotask(() => !call.over && this.#begin(call));
    return call;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#failWaiting(CLOSED);
    for (const { connection } of this.#open) connection.close(CLOSED);
  }

  #begin(call: PendingCall): void {
    if (this.#current?.hasRoom === true && this.#waiting.size === 0) {
      call.start(this.#current);
      return;
    }
    const failure = this.#closed ? CLOSED : this.#current === undefined && this.#dialer.failure;
    if (typeof failure === "string") {
      call.giveUp(callStatus(Status.UNAVAILABLE, failure));
    } else if (this.#waiting.size >= WAITING_CALLS_MAX) {
      call.giveUp(callStatus(Status.RESOURCE_EXHAUSTED, "too many calls wait for a connection"));
    } else {
      this.#waiting.add(call);
      this.#dialIfNeeded();
    }
  }

  #dialIfNeeded(): void {
    if (this.#current !== undefined || this.#closed || this.#waiting.size === 0) return;
    const failure = this.#dialer.failure;
    if (failure !== undefined) this.#failWaiting(failure);
    else this.#dialer.dial(this.#events, (reason) => this.#failWaiting(reason));
  }

  #onReady(connection: ClientConnection): void {
    if (this.#closed) {
      connection.connection.close(CLOSED);
      return;
    }
    this.#open.add(connection);
    this.#current = connection;
    this.#startWaiting();
  }

  #startWaiting(): void {
    for (const call of this.#waiting) {
      if (this.#current?.hasRoom !== true) break;
      this.#waiting.delete(call);
      if (!call.over) call.start(this.#current);
    }
    this.#dialIfNeeded();
  }

  #onRetired(connection: ClientConnection): void {
    if (this.#current !== connection) return;
    this.#current = undefined;
    this.#dialIfNeeded();
  }

  #onGone(connection: ClientConnection): void {
    this.#open.delete(connection);
    this.#onRetired(connection);
  }

  #failWaiting(reason: string): void {
    const calls = [...this.#waiting];
    this.#waiting.clear();
    for (const call of calls) call.giveUp(callStatus(Status.UNAVAILABLE, reason));
  }
}
