import type { Deadlined, DeadlineSlot, Deadlines } from "../deadlines.ts";
import { RpcError } from "../errors.ts";
import { ErrorCode } from "../http2-error.ts";
import { MESSAGE_PREFIX_BYTES } from "../http2/send-queue.ts";
import type { Stream, StreamOwner } from "../http2/stream.ts";
import { Inbound, type InboundSink } from "../message/inbound.ts";
import { isWholeMessage } from "../message/message-reader.ts";
import { Status } from "../status.ts";
import type { CallOptions, CallStatus } from "../transport.ts";
import { callStatus, DEADLINE_PASSED, statusOf, statusOfReset } from "./call-outcome.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { PendingCall } from "./pending-call.ts";
import type { ResponseHead } from "./response-head.ts";
import { writeUnaryRequest } from "./unary-request.ts";

/** Called once; the reply is borrowed but never changes. */
export type UnaryDone = (error: RpcError | undefined, reply: Uint8Array | undefined) => void;

/** One unary call of a client, from before it has a connection to its end. */
export class ClientUnaryCall implements StreamOwner, PendingCall, Deadlined, InboundSink {
  readonly #path: string;
  readonly #request: Uint8Array;
  readonly #done: UnaryDone;
  readonly #options: CallOptions | undefined;
  #connection: ClientConnection | undefined;
  #stream: Stream | undefined;
  #inbound: Inbound | undefined;
  #first: ResponseHead | undefined;
  #last: ResponseHead | undefined;
  #reply: Uint8Array | undefined;
  #deadlines: Deadlines | undefined;
  #deadline: DeadlineSlot | undefined;
  #deadlineAt = 0;
  #over = false;

  constructor(path: string, request: Uint8Array, done: UnaryDone, options?: CallOptions) {
    this.#path = path;
    this.#request = request;
    this.#done = done;
    this.#options = options;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Ends the call at this time (milliseconds of the monotonic clock). */
  setDeadline(deadlines: Deadlines, timeoutMs: number, now: number): void {
    this.#deadlines = deadlines;
    this.#deadlineAt = now + timeoutMs;
    this.#deadline = deadlines.add(this, timeoutMs);
  }

  start(connection: ClientConnection): void {
    this.#connection = connection;
    const { clock } = connection.connection;
    const timeoutMs =
      this.#deadlines === undefined ? undefined : this.#deadlineAt - clock.monotonic();
    const block = connection.blocks.forCall(this.#path, this.#options, timeoutMs);
    const stream = connection.openStream(this);
    this.#stream = stream;
    if (writeUnaryRequest(connection.connection, stream, block, this.#request)) return;
    stream.sendHeaders(block, false);
    stream.sendLastMessage(this.#request);
  }

  giveUp(status: CallStatus): void {
    this.#finish(status);
  }

  cancel(): void {
    this.#stop(callStatus(Status.CANCELLED, "context canceled"));
  }

  onDeadline(): void {
    this.#deadline = undefined;
    this.#stop(DEADLINE_PASSED);
  }

  onData(bytes: Uint8Array, start: number, end: number): void {
    if (this.#over) return;
    const { limits } = this.#connection!;
    const whole =
      this.#inbound === undefined &&
      this.#reply === undefined &&
      isWholeMessage(bytes, start, end, limits.maxBytes);
    if (whole) {
      this.#reply = bytes.subarray(start + MESSAGE_PREFIX_BYTES, end);
      this.#stream!.consumed(end - start);
      return;
    }
    const encoding = this.#first?.encoding ?? "";
    this.#inbound ??= new Inbound(this.#stream!, { ...limits, encoding }, this);
    this.#inbound.data(bytes, start, end);
  }

  onHeaderBlock(bytes: Uint8Array, start: number, end: number, endStream: boolean): void {
    const head = this.#connection!.readHead(bytes, start, end);
    // Informational heads (1xx) say nothing about the call.
    if (!endStream && head.httpStatus !== undefined && head.httpStatus < 200) return;
    this.#first ??= head;
    this.#last = head;
    if (head.malformed !== undefined) this.#stop(callStatus(Status.INTERNAL, head.malformed));
  }

  onRemoteEnd(): void {
    if (this.#inbound === undefined) this.takeEnd();
    else this.#inbound.end();
  }

  onReset(code: ErrorCode | undefined, message: string): void {
    const late = this.#deadlines?.isPast(this.#deadlineAt) === true;
    this.#finish(statusOfReset(code, message, late));
  }

  onDrain(): void {}

  takeMessage(message: Uint8Array): void {
    if (this.#reply === undefined) this.#reply = message;
    else this.#stop(callStatus(Status.INTERNAL, "cardinality violation: more than one reply"));
  }

  takeEnd(): void {
    const first = this.#first;
    const last = this.#last;
    this.#finish(
      first === undefined || last === undefined
        ? callStatus(Status.INTERNAL, "server closed the stream without a response")
        : statusOf(first, last),
    );
    // The request may still be on its way; the server does not want the rest.
    if (this.#stream?.over === false) this.#stream.reset(ErrorCode.NO_ERROR);
  }

  refuse(error: RpcError): void {
    this.#stop(callStatus(error.code, error.message));
  }

  /** Ends the call from this side. */
  #stop(status: CallStatus): void {
    if (this.#over) return;
    this.#stream?.reset(ErrorCode.CANCEL);
    this.#finish(status);
  }

  #finish(status: CallStatus): void {
    if (this.#over) return;
    this.#over = true;
    this.#inbound?.stop();
    if (this.#deadline !== undefined) this.#deadlines!.remove(this, this.#deadline);
    const { code, message, trailers } = status;
    if (code !== Status.OK) this.#done(new RpcError(code, message, trailers), undefined);
    else if (this.#reply !== undefined) this.#done(undefined, this.#reply);
    else {
      const text = "cardinality violation: received no reply message";
      this.#done(new RpcError(Status.INTERNAL, text, trailers), undefined);
    }
  }
}
