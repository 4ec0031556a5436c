import {
  type Clock,
  type Http1Server,
  type Logger,
  silentLogger,
  type Socket,
} from "@nodetcd/runtime";
import { Deadlines } from "../deadlines.ts";
import { FlushGroup } from "../http2/flush-group.ts";
import { Setting, settingsFrame } from "../http2/settings.ts";
import {
  DEFAULT_MAX_CONCURRENT_STREAMS,
  DEFAULT_MAX_RECEIVE_MESSAGE_BYTES,
  HEADER_LIST_BYTES_MAX,
  STREAM_WINDOW_BYTES,
} from "../limits.ts";
import { InflateTurns } from "../message/inflate-turns.ts";
import type { Services } from "../services.ts";
import { DEFAULT_KEEPALIVE, type KeepaliveOptions } from "./keepalive-options.ts";
import { PrefaceReader, type PrefaceSink } from "./preface.ts";
import { ServerConnection, type ServerContext } from "./server-connection.ts";

export interface GrpcServerOptions {
  services: Services;
  clock: Clock;
  /** Takes connections that do not begin with HTTP/2's preface. Default: they are closed. */
  http1?: Http1Server;
  /** Longer requests fail with RESOURCE_EXHAUSTED. Default 2 MiB. */
  maxReceiveMessageBytes?: number;
  /** Open calls of one connection; more are refused (clients wait or go elsewhere). Default 65,536. */
  maxConcurrentStreams?: number;
  /** Default, also of each time that is left out: etcd's, see `DEFAULT_KEEPALIVE`. */
  keepalive?: Partial<KeepaliveOptions>;
  /** Default: silent. */
  logger?: Logger;
}

/**
 * Answers gRPC over HTTP/2 on sockets that somebody else accepts. Where a client misbehaves, its call
 * or its connection ends, never another one.
 */
export class GrpcServer implements PrefaceSink {
  readonly #context: ServerContext;
  readonly #http1: Http1Server | undefined;
  readonly #connections = new Set<ServerConnection>();
  /** Sockets that have not shown yet what they speak. */
  readonly #undecided = new Set<Socket>();
  #sentBytes = 0;
  #receivedBytes = 0;
  #closing = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: GrpcServerOptions) {
    const maxConcurrentStreams = options.maxConcurrentStreams ?? DEFAULT_MAX_CONCURRENT_STREAMS;
    const flushGroup = new FlushGroup(options.clock);
    this.#http1 = options.http1;
    this.#context = {
      services: options.services,
      clock: options.clock,
      logger: options.logger ?? silentLogger,
      deadlines: new Deadlines(options.clock),
      inflates: new InflateTurns(options.clock),
      scheduleFlush: (flush) => flushGroup.add(flush),
      keepalive: { ...DEFAULT_KEEPALIVE, ...options.keepalive },
      maxReceiveMessageBytes: options.maxReceiveMessageBytes ?? DEFAULT_MAX_RECEIVE_MESSAGE_BYTES,
      maxConcurrentStreams,
      settings: settingsFrame([
        [Setting.MAX_CONCURRENT_STREAMS, Math.min(maxConcurrentStreams, 0xffff_ffff)],
        [Setting.INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES],
        [Setting.MAX_HEADER_LIST_SIZE, HEADER_LIST_BYTES_MAX],
      ]),
    };
  }

  /** Takes over a fresh socket: HTTP/2 is answered here, anything else goes to `http1`. */
  accept(socket: Socket): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    this.#undecided.add(socket);
    new PrefaceReader(socket, this.#context.clock, this);
  }

  /** Bytes sent on HTTP/2 connections, past and present. */
  get sentBytes(): number {
    let sum = this.#sentBytes;
    for (const { connection } of this.#connections) sum += connection.output.sent;
    return sum;
  }

  get receivedBytes(): number {
    let sum = this.#receivedBytes;
    for (const { connection } of this.#connections) sum += connection.receivedBytes;
    return sum;
  }

  /** How many HTTP/2 connections are open. */
  connections(): number {
    return this.#connections.size;
  }

  /**
   * Takes no more calls, lets those that run end for up to `graceMs` milliseconds, then cuts what is
   * left. Resolves when the last connection is gone.
   */
  async shutdown(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const socket of this.#undecided) socket.destroy();
    for (const connection of this.#connections) connection.drain();
    if (this.#connections.size === 0) return;
    const gone = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const timer = this.#context.clock.setTimer(graceMs, () => {
      for (const { connection } of this.#connections) {
        connection.destroy("the server is shutting down");
      }
    });
    await gone;
    timer.cancel();
  }

  onHttp2(socket: Socket, rest: Uint8Array): void {
    this.#undecided.delete(socket);
    const connection = new ServerConnection(socket, this.#context, (gone) => this.#remove(gone));
    this.#connections.add(connection);
    if (rest.length > 0) connection.connection.receive(rest);
  }

  onOther(socket: Socket, read: Uint8Array): void {
    this.#undecided.delete(socket);
    if (this.#http1 === undefined) socket.destroy();
    else this.#http1.take(socket, read);
  }

  onGone(socket: Socket): void {
    this.#undecided.delete(socket);
  }

  #remove(connection: ServerConnection): void {
    this.#connections.delete(connection);
    this.#sentBytes += connection.connection.output.sent;
    this.#receivedBytes += connection.connection.receivedBytes;
    if (this.#connections.size === 0) this.#onEmpty?.();
  }
}
