import { ignore } from "../call.ts";
import type { Deadlined, DeadlineSlot, Deadlines } from "../deadlines.ts";
import type { RpcError } from "../errors.ts";
import { ErrorCode } from "../http2-error.ts";
import type { Stream, StreamOwner } from "../http2/stream.ts";
import { SEND_HIGH_WATER_BYTES } from "../limits.ts";
import { Inbound, type InboundSink } from "../message/inbound.ts";
import { onAbort } from "../on-abort.ts";
import { Status } from "../status.ts";
import type { CallOptions, CallStatus, ClientStream } from "../transport.ts";
import { callStatus, DEADLINE_PASSED, statusOf, statusOfReset } from "./call-outcome.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { PendingCall } from "./pending-call.ts";
import type { ResponseHead } from "./response-head.ts";

/** One streaming call of a client, from before it has a connection to its end. */
export class ClientStreamCall
  implements ClientStream, StreamOwner, PendingCall, Deadlined, InboundSink
{
  onMessage: (message: Uint8Array) => void = ignore;
  onDrain: () => void = ignore;
  onEnd: (status: CallStatus) => void = ignore;
  readonly #path: string;
  readonly #options: CallOptions;
  #connection: ClientConnection | undefined;
  #stream: Stream | undefined;
  #inbound: Inbound | undefined;
  /** Messages sent before there was a stream. */
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #halfClosed = false;
  #paused = false;
  #first: ResponseHead | undefined;
  #last: ResponseHead | undefined;
  #deadlines: Deadlines | undefined;
  #deadline: DeadlineSlot | undefined;
  #deadlineAt = 0;
  #over = false;
  readonly #forgetSignal: (() => void) | undefined;

  constructor(path: string, options: CallOptions) {
    this.#path = path;
    this.#options = options;
    const { signal } = options;
    this.#forgetSignal = signal && onAbort(signal, () => this.cancel());
  }

  get over(): boolean {
    return this.#over;
  }

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
    const stream = connection.openStream(this);
    this.#stream = stream;
    stream.sendHeaders(connection.blocks.forCall(this.#path, this.#options, timeoutMs), false);
    const early = this.#early;
    const wasFull = this.#earlyBytes >= SEND_HIGH_WATER_BYTES;
    this.#early = [];
    this.#earlyBytes = 0;
    let open = true;
    for (const message of early) open = stream.sendMessage(message);
    if (this.#halfClosed) stream.sendEnd("flag");
    if (wasFull && open) this.onDrain();
  }

  giveUp(status: CallStatus): void {
    this.#finish(status);
  }

  send(message: Uint8Array): boolean {
    if (this.#over || this.#halfClosed) return true;
    if (this.#stream !== undefined) return this.#stream.sendMessage(message);
    this.#early.push(message);
    this.#earlyBytes += message.length;
    return this.#earlyBytes < SEND_HIGH_WATER_BYTES;
  }

  halfClose(): void {
    if (this.#over || this.#halfClosed) return;
    this.#halfClosed = true;
    this.#stream?.sendEnd("flag");
  }

  cancel(): void {
    this.#stop(callStatus(Status.CANCELLED, "context canceled"));
  }

  pause(): void {
    this.#paused = true;
    this.#inbound?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#inbound?.resume();
  }

  onDeadline(): void {
    this.#deadline = undefined;
    this.#stop(DEADLINE_PASSED);
  }

  onData(bytes: Uint8Array, start: number, end: number): void {
    this.#openInbound().data(bytes, start, end);
  }

  onHeaderBlock(bytes: Uint8Array, start: number, end: number, endStream: boolean): void {
    const head = this.#connection!.readHead(bytes, start, end);
    if (!endStream && head.httpStatus !== undefined && head.httpStatus < 200) return;
    this.#first ??= head;
    this.#last = head;
    if (head.malformed !== undefined) this.#stop(callStatus(Status.INTERNAL, head.malformed));
  }

  onRemoteEnd(): void {
    if (!this.#over) this.#openInbound().end();
  }

  onReset(code: ErrorCode | undefined, message: string): void {
    const late = this.#deadlines?.isPast(this.#deadlineAt) === true;
    this.#finish(statusOfReset(code, message, late));
  }

  takeMessage(message: Uint8Array): void {
    if (!this.#over) this.onMessage(message);
  }

  takeEnd(): void {
    const first = this.#first;
    const last = this.#last;
    const stream = this.#stream!;
    if (!stream.over) stream.reset(ErrorCode.NO_ERROR);
    this.#finish(
      first === undefined || last === undefined
        ? callStatus(Status.INTERNAL, "server closed the stream without a response")
        : statusOf(first, last),
    );
  }

  refuse(error: RpcError): void {
    this.#stop(callStatus(error.code, error.message));
  }

  #openInbound(): Inbound {
    if (this.#inbound === undefined) {
      const encoding = this.#first?.encoding ?? "";
      const limits = { ...this.#connection!.limits, encoding };
      this.#inbound = new Inbound(this.#stream!, limits, this);
      if (this.#paused) this.#inbound.pause();
    }
    return this.#inbound;
  }

  /** Ends the call from this side; the caller hears of it in a microtask. */
  #stop(status: CallStatus): void {
    if (this.#over) return;
    this.#stream?.reset(ErrorCode.CANCEL);
    this.#release();
    queueMicrotask(() => this.onEnd(status));
  }

  #finish(status: CallStatus): void {
    if (this.#over) return;
    this.#release();
    this.onEnd(status);
  }

  #release(): void {
    this.#over = true;
    this.#early = [];
    this.#inbound?.stop();
    if (this.#deadline !== undefined) this.#deadlines!.remove(this, this.#deadline);
    this.#forgetSignal?.();
  }
}
