import type { Clock, Logger, PeerCertificate, Socket } from "@nodetcd/runtime";
import type { Deadlines } from "../deadlines.ts";
import { BlockCache } from "../hpack/block-cache.ts";
import { Connection } from "../http2/connection.ts";
import type { ConnectionRole } from "../http2/connection-role.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";
import type { ScheduleFlush } from "../http2/output.ts";
import { Keepalive } from "../http2/keepalive.ts";
import { Stream } from "../http2/stream.ts";
import { ASSEMBLY_BYTES_MAX, QUEUED_REPLIES_MAX } from "../limits.ts";
import type { InflateTurns } from "../message/inflate-turns.ts";
import type { Method, Services } from "../services.ts";
import type { KeepaliveOptions } from "./keepalive-options.ts";
import { Drain } from "./drain.ts";
import { HeldCalls } from "./held-calls.ts";
import { PingRules } from "./ping-rules.ts";
import { RejectedCall } from "./rejected-call.ts";
import { readRequestHead, type RequestHead } from "./request-head.ts";
import { plainTextHead, ResponseBlocks, trailersOnly } from "./response-blocks.ts";
import { type CallHost, type CallLimits, ServerCallOnWire } from "./server-call.ts";

/** What all connections of a server share. */
export interface ServerContext {
  readonly services: Services;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deadlines: Deadlines;
  readonly scheduleFlush: ScheduleFlush;
  readonly inflates: InflateTurns;
  readonly keepalive: KeepaliveOptions;
  readonly maxReceiveMessageBytes: number;
  readonly maxConcurrentStreams: number;
  /** The SETTINGS frame that each connection begins with. */
  readonly settings: Uint8Array;
}

/** The server's end of one HTTP/2 connection. */
export class ServerConnection implements ConnectionRole, CallHost {
  readonly connection: Connection;
  readonly ignoresLateData = false;
  readonly blocks: ResponseBlocks = new ResponseBlocks();
  readonly deadlines: Deadlines;
  readonly peer: string;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly limits: CallLimits;
  /** Calls that wait until the client has taken replies. */
  readonly held: HeldCalls;
  lastStreamId = 0;
  readonly #context: ServerContext;
  readonly #heads = new BlockCache<RequestHead>();
  readonly #pingRules: PingRules;
  readonly #keepalive: Keepalive;
  readonly #onGone: (connection: ServerConnection) => void;
  #drain: Drain | undefined;

  constructor(
    socket: Socket,
    context: ServerContext,
    onGone: (connection: ServerConnection) => void,
  ) {
    this.#context = context;
    this.#onGone = onGone;
    this.peer = socket.remoteAddress;
    this.peerCertificate = socket.peerCertificate;
    this.deadlines = context.deadlines;
    const budget = { used: 0, max: ASSEMBLY_BYTES_MAX };
    const { maxReceiveMessageBytes: maxBytes, inflates } = context;
    this.limits = { maxBytes, budget, inflates };
    this.held = new HeldCalls(context.clock, () => !this.#overfull);
    this.connection = new Connection(socket, context.clock, this, context.scheduleFlush);
    this.#pingRules = new PingRules(context.clock, context.keepalive.minTimeMs);
    this.#keepalive = new Keepalive(this.connection, context.keepalive, () => true);
    this.connection.open(new Uint8Array(0), context.settings);
  }

  isIdle(id: number): boolean {
    return id > this.lastStreamId || (id & 1) === 0;
  }

  onNewStream(id: number, bytes: Uint8Array, start: number, end: number, endStream: boolean): void {
    const head = this.#readHead(bytes, start, end);
    if ((id & 1) === 0) throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "Even stream id");
    if (id <= this.lastStreamId) {
      if (this.connection.wasReset(id)) return;
      throw new Http2Error(ErrorCode.STREAM_CLOSED, "HEADERS for a closed stream");
    }
    this.lastStreamId = id;
    this.#check(head, id);
    if (head.method === undefined || head.rejection !== undefined)
      this.#reject(id, head, endStream);
    else this.#accept(id, head, head.method, endStream);
  }

  /** Looks the block up, or decodes it and remembers it if it left the dynamic table alone. */
  #readHead(bytes: Uint8Array, start: number, end: number): RequestHead {
    const { decoder } = this.connection;
    const generation = decoder.table.generation;
    const known = this.#heads.find(bytes, start, end, generation);
    if (known !== undefined) return known;
    const head = readRequestHead(decoder, bytes, start, end, this.#context.services);
    if (decoder.table.generation === generation) {
      this.#heads.add(bytes, start, end, generation, head);
    }
    return head;
  }

  /** So many replies wait for the client to take them that no call is begun. */
  get #overfull(): boolean {
    return this.connection.queuedBytes > QUEUED_REPLIES_MAX;
  }

  get mustHold(): boolean {
    return this.#overfull || this.held.size > 0;
  }

  #check(head: RequestHead, id: number): void {
    const { connection } = this;
    if (head.malformed !== undefined) {
      throw new Http2Error(ErrorCode.PROTOCOL_ERROR, head.malformed, id);
    }
    if (head.tooLarge) {
      throw new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, "Header list is too large", id);
    }
    const tooMany = connection.streams.size >= this.#context.maxConcurrentStreams;
    if (tooMany || this.#drain?.over === true) {
      throw new Http2Error(ErrorCode.REFUSED_STREAM, "No more calls on this connection", id);
    }
  }

  #accept(id: number, head: RequestHead, method: Method, endStream: boolean): void {
    const { connection } = this;
    const call = new ServerCallOnWire(this, head, method);
    const stream = new Stream(id, connection, call, connection.peerWindow);
    call.stream = stream;
    connection.streams.add(id, stream);
    call.start();
    if (endStream) stream.receiveEnd();
  }

  #reject(id: number, head: RequestHead, endStream: boolean): void {
    const { connection } = this;
    const owner = new RejectedCall(connection.decoder, id, head.contentLength);
    const stream = new Stream(id, connection, owner, connection.peerWindow);
    connection.streams.add(id, stream);
    const { httpStatus, code, message } = head.rejection!;
    if (endStream) stream.receiveEnd();
    if (httpStatus === 200) stream.sendHeaders(trailersOnly(httpStatus, code, message), true);
    else {
      stream.sendHeaders(plainTextHead(httpStatus, code, message), false);
      stream.sendBody(Buffer.from(`${message}\n`));
    }
  }

  endEarly(stream: Stream): void {
    if (!stream.over && !stream.remoteClosed) stream.resetWhenSent();
  }

  onPing(): void {
    this.#pingRules.check(this.connection);
  }

  onPingAck(data: Uint8Array): void {
    this.#drain?.onPingAck(data);
  }

  onSettings(): void {}
  onGoAway(): void {}

  onRead(): void {
    this.held.release();
    this.#drain?.onRead();
  }

  onSent(): void {
    this.held.release();
  }

  onForget(): void {
    this.#drain?.onForget();
  }

  onClosed(): void {
    this.#keepalive.stop();
    this.#drain?.stop();
    this.#onGone(this);
  }

  onHandlerError(path: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#context.logger.error("a handler has failed", { path, error: text });
  }

  /** Sends the client away; closes when the calls that it has begun have ended. */
  drain(): void {
    this.#drain ??= new Drain(this.connection, () => this.lastStreamId);
  }
}
