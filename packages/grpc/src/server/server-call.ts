import type { PeerCertificate } from "@nodetcd/runtime";
import { InvariantError } from "@nodetcd/bytes";
import { ignore, type StreamCall, type UnaryCall } from "../call.ts";
import type { Deadlined, Deadlines, DeadlineSlot } from "../deadlines.ts";
import { RpcError } from "../errors.ts";
import { ErrorCode } from "../http2-error.ts";
import type { Connection } from "../http2/connection.ts";
import { MESSAGE_PREFIX_BYTES } from "../http2/send-queue.ts";
import type { Stream, StreamOwner } from "../http2/stream.ts";
import { Inbound, type InboundSink } from "../message/inbound.ts";
import { isWholeMessage, type MessageLimits } from "../message/message-reader.ts";
import type { Metadata } from "../metadata.ts";
import { type Method, MORE_THAN_ONE_REQUEST, NO_REQUEST } from "../services.ts";
import { Status, type StatusCode } from "../status.ts";
import type { HeldCalls } from "./held-calls.ts";
import type { RequestHead } from "./request-head.ts";
import { readRequestTrailers } from "./request-trailers.ts";
import { errorTrailers, type ResponseBlocks, trailersOnly } from "./response-blocks.ts";
import { writeUnaryReply } from "./unary-reply.ts";

/** Of the messages of all calls of a connection. */
export type CallLimits = Omit<MessageLimits, "encoding">;

/** What a call needs of its connection. */
export interface CallHost {
  readonly connection: Connection;
  readonly blocks: ResponseBlocks;
  readonly deadlines: Deadlines;
  readonly peer: string;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly limits: CallLimits;
  readonly held: HeldCalls;
  /** A call that comes now has to be added to `held`. */
  readonly mustHold: boolean;
  /** The call has ended while the client may still send: tells it to stop once all has left. */
  endEarly(stream: Stream): void;
  onHandlerError(path: string, error: unknown): void;
}

/** One call on a connection, of any kind; handlers see it as `UnaryCall` or `StreamCall`. */
export class ServerCallOnWire
  implements UnaryCall, StreamCall, StreamOwner, Deadlined, InboundSink
{
  onCancel: (() => void) | undefined = undefined;
  onMessage: (message: Uint8Array) => void = ignore;
  onHalfClose: () => void = ignore;
  onDrain: () => void = ignore;
  readonly #connection: CallHost;
  readonly #head: RequestHead;
  readonly #method: Method;
  /** Set by the connection right after construction. */
  stream!: Stream;
  #inbound: Inbound | undefined;
  #request: Uint8Array | undefined;
  #deadline: DeadlineSlot | undefined;
  #received = 0;
  #headSent = false;
  /** Waits in `CallHost.held`. */
  #held = false;
  /** Answered, or given up: nothing is sent any more. */
  #ended = false;
  #cancelled = false;

  constructor(connection: CallHost, head: RequestHead, method: Method) {
    this.#connection = connection;
    this.#head = head;
    this.#method = method;
    method.started++;
  }

  get path(): string {
    return this.#head.path;
  }

  get metadata(): Metadata {
    return this.#head.metadata;
  }

  get peer(): string {
    return this.#connection.peer;
  }

  get peerCertificate(): PeerCertificate | undefined {
    return this.#connection.peerCertificate;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get queuedBytes(): number {
    return this.stream.queuedBytes;
  }

  /** Called once the stream is there: arms the deadline, starts a streaming handler. */
  start(): void {
    const { timeoutMs } = this.#head;
    if (timeoutMs !== undefined) {
      this.#deadline = this.#connection.deadlines.add(this, timeoutMs);
    }
    if (this.#method.streamHandler === undefined) return;
    if (this.#connection.mustHold) {
      this.#openInbound().pause();
      this.#hold();
    } else this.begin();
  }

  /** Hands the call to its handler. */
  begin(): void {
    const wasHeld = this.#held;
    this.#unhold();
    const { streamHandler, unaryHandler } = this.#method;
    if (streamHandler !== undefined) {
      this.#run(() => streamHandler(this));
      if (wasHeld) this.#inbound?.resume();
      return;
    }
    try {
      unaryHandler!(this.#request!, this);
    } catch (error) {
      this.#onThrow(error);
    }
  }

  reply(message: Uint8Array): void {
    if (this.#ended) return;
    const { connection, blocks } = this.#connection;
    this.#end(Status.OK);
    if (writeUnaryReply(connection, this.stream, blocks, message)) return;
    this.stream.sendHeaders(blocks.head, false);
    this.stream.sendMessage(message);
    this.stream.sendEnd(blocks.ok);
  }

  send(message: Uint8Array): boolean {
    if (this.#ended) return true;
    this.#sendHead();
    return this.stream.sendMessage(message);
  }

  finish(): void {
    if (this.#ended) return;
    this.#end(Status.OK);
    this.#sendHead();
    this.stream.sendEnd(this.#connection.blocks.ok);
    this.#connection.endEarly(this.stream);
  }

  fail(code: StatusCode, message: string): void {
    if (this.#ended) return;
    this.#end(code);
    this.#sendFailure(code, message);
  }

  #sendFailure(code: StatusCode, message: string): void {
    if (this.#headSent) this.stream.sendEnd(errorTrailers(code, message));
    else this.stream.sendHeaders(trailersOnly(200, code, message), true);
    this.#connection.endEarly(this.stream);
  }

  pause(): void {
    this.#openInbound().pause();
  }

  resume(): void {
    this.#inbound?.resume();
  }

  onData(bytes: Uint8Array, start: number, end: number): void {
    this.#received += end - start;
    if (this.#ended) {
      this.stream.consumed(end - start);
      return;
    }
    const whole =
      this.#inbound === undefined &&
      this.#request === undefined &&
      this.#method.unaryHandler !== undefined &&
      isWholeMessage(bytes, start, end, this.#connection.limits.maxBytes);
    if (whole) {
      this.#request = bytes.subarray(start + MESSAGE_PREFIX_BYTES, end);
      this.stream.consumed(end - start);
    } else this.#openInbound().data(bytes, start, end);
  }

  onHeaderBlock(bytes: Uint8Array, start: number, end: number, endStream: boolean): void {
    const { decoder } = this.#connection.connection;
    readRequestTrailers(decoder, this.stream.id, bytes, start, end, endStream);
  }

  onRemoteEnd(): void {
    if (this.#ended) return;
    const { contentLength } = this.#head;
    if (contentLength !== undefined && contentLength !== this.#received) {
      this.#cancel(Status.INTERNAL);
      this.stream.reset(ErrorCode.PROTOCOL_ERROR);
    } else if (this.#inbound !== undefined) this.#inbound.end();
    else this.takeEnd();
  }

  onReset(): void {
    this.#cancel(Status.CANCELLED);
  }

  onDeadline(): void {
    this.#deadline = undefined;
    if (this.#ended) return;
    const { stream } = this;
    this.#cancel(Status.DEADLINE_EXCEEDED);
    // Behind queued data the answer would come too late: the client knows by its own clock.
    if (stream.queuedBytes > 0) stream.reset(ErrorCode.CANCEL);
    else this.#sendFailure(Status.DEADLINE_EXCEEDED, "context deadline exceeded");
  }

  takeMessage(message: Uint8Array): void {
    if (this.#ended) return;
    if (!this.#method.takesOneRequest) this.#run(() => this.onMessage(message));
    else if (this.#request === undefined) this.#request = message;
    else this.fail(Status.INTERNAL, MORE_THAN_ONE_REQUEST);
  }

  takeEnd(): void {
    const request = this.#request;
    if (!this.#method.takesOneRequest) this.#run(() => this.onHalfClose());
    else if (request === undefined) {
      this.fail(Status.INTERNAL, NO_REQUEST);
    } else if (this.#method.unaryHandler === undefined) {
      this.#run(() => this.onMessage(request));
      if (!this.#ended) this.#run(() => this.onHalfClose());
    } else if (this.#connection.mustHold) this.#holdRequest(request);
    else this.begin();
  }

  #holdRequest(request: Uint8Array): void {
    const { budget } = this.#connection.limits;
    if (budget.used + request.length > budget.max) {
      // Nothing was done yet, so the client may try again.
      this.#cancel(Status.UNAVAILABLE);
      this.stream.reset(ErrorCode.REFUSED_STREAM);
      return;
    }
    // A copy: the rest of what came from the socket with it is not to stay because of it.
    this.#request = new Uint8Array(request);
    budget.used += request.length;
    this.#hold();
  }

  #hold(): void {
    this.#held = true;
    this.#connection.held.add(this);
  }

  #unhold(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#connection.held.delete(this);
    this.#connection.limits.budget.used -= this.#request?.length ?? 0;
  }

  refuse(error: RpcError): void {
    this.fail(error.code, error.message);
  }

  #openInbound(): Inbound {
    const { encoding } = this.#head;
    this.#inbound ??= new Inbound(this.stream, { ...this.#connection.limits, encoding }, this);
    return this.#inbound;
  }

  #sendHead(): void {
    if (this.#headSent) return;
    this.#headSent = true;
    this.stream.sendHeaders(this.#connection.blocks.head, false);
  }

  /** The one place where a call's status is counted. */
  #end(code: StatusCode): void {
    this.#ended = true;
    this.#unhold();
    this.#method.countEnd(code);
    if (this.#deadline !== undefined) this.#connection.deadlines.remove(this, this.#deadline);
    this.#inbound?.stop();
  }

  #cancel(code: StatusCode): void {
    if (this.#ended) return;
    this.#end(code);
    this.#cancelled = true;
    this.onCancel?.();
  }

  #run(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#onThrow(error);
    }
  }

  /** A handler's mistake fails its call; a broken invariant stops the process. */
  #onThrow(error: unknown): void {
    if (error instanceof InvariantError) throw error;
    if (error instanceof RpcError) this.fail(error.code, error.message);
    else {
      const message = error instanceof Error ? error.message : String(error);
      this.#connection.onHandlerError(this.path, error);
      this.fail(Status.INTERNAL, message);
    }
  }
}
