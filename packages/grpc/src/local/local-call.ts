import { InvariantError } from "@nodetcd/bytes";
import { ignore, type StreamCall, type UnaryCall } from "../call.ts";
import type { Deadlined, DeadlineSlot, Deadlines } from "../deadlines.ts";
import { RpcError } from "../errors.ts";
import { EMPTY_METADATA, type Metadata } from "../metadata.ts";
import { type Method, MORE_THAN_ONE_REQUEST, NO_REQUEST } from "../services.ts";
import { onAbort } from "../on-abort.ts";
import { Status, type StatusCode } from "../status.ts";
import type { CallOptions, CallStatus, ClientStream } from "../transport.ts";
import { MessagePipe, type PipeEnd } from "./message-pipe.ts";

/** Of a call that is made here for somebody outside. */
export interface LocalCallOptions extends CallOptions {
  /** What handlers see as `peer`. Default `local`. */
  readonly peer?: string;
}

/** A call inside the process: the server's end is `call`, the client's end is the stream itself. */
export class LocalClientStream implements ClientStream, Deadlined, PipeEnd {
  onMessage: (message: Uint8Array) => void = ignore;
  onDrain: () => void = ignore;
  onEnd: (status: CallStatus) => void = ignore;
  readonly #call: LocalCall;
  readonly #toClient: MessagePipe;
  readonly #deadlines: Deadlines;
  readonly #onClosed: (stream: LocalClientStream) => void;
  #slot: DeadlineSlot | undefined;
  readonly #forgetSignal: (() => void) | undefined;
  #status: CallStatus | undefined;
  #ended = false;

  constructor(
    method: Method,
    deadlines: Deadlines,
    options: LocalCallOptions,
    onClosed: (stream: LocalClientStream) => void,
  ) {
    this.#deadlines = deadlines;
    this.#onClosed = onClosed;
    this.#toClient = new MessagePipe(this);
    this.#call = new LocalCall(method, options, this, this.#toClient);
    if (options.timeoutMs !== undefined) this.#slot = deadlines.add(this, options.timeoutMs);
    const { signal } = options;
    this.#forgetSignal = signal && onAbort(signal, () => this.cancel());
    if (signal?.aborted === true) this.cancel();
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(message: Uint8Array): boolean {
    return this.#call.toServer.push(message);
  }

  halfClose(): void {
    this.#call.toServer.end();
  }

  cancel(): void {
    this.end(Status.CANCELLED, "context canceled");
  }

  onDeadline(): void {
    this.#slot = undefined;
    this.end(Status.DEADLINE_EXCEEDED, "context deadline exceeded");
  }

  pause(): void {
    this.#toClient.pause();
  }

  resume(): void {
    this.#toClient.resume();
  }

  takeMessage(message: Uint8Array): void {
    this.onMessage(message);
  }

  takeEnd(): void {
    if (this.#status !== undefined) this.#finish(this.#status);
  }

  pipeDrained(): void {
    this.#call.onDrain();
  }

  /** The server ends the call: after what is queued. */
  endLater(code: StatusCode, message: string): void {
    this.#status ??= { code, message, trailers: EMPTY_METADATA };
    this.#toClient.end();
  }

  /** This side, or time, ends the call: at once, but not in the caller's stack. */
  end(code: StatusCode, message: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#toClient.cut();
    this.#call.abort(code);
    this.#release();
    queueMicrotask(() => this.onEnd({ code, message, trailers: EMPTY_METADATA }));
  }

  #finish(status: CallStatus): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
    this.onEnd(status);
  }

  #release(): void {
    if (this.#slot !== undefined) this.#deadlines.remove(this, this.#slot);
    this.#forgetSignal?.();
    this.#onClosed(this);
  }
}

/** The server's end. Unary handlers get it as `UnaryCall` once the request is complete. */
class LocalCall implements UnaryCall, StreamCall, PipeEnd {
  onCancel: (() => void) | undefined = undefined;
  onMessage: (message: Uint8Array) => void = ignore;
  onHalfClose: () => void = ignore;
  onDrain: () => void = ignore;
  readonly metadata: Metadata;
  readonly peer: string;
  readonly peerCertificate = undefined;
  readonly toServer: MessagePipe;
  readonly #method: Method;
  readonly #client: LocalClientStream;
  readonly #toClient: MessagePipe;
  #request: Uint8Array | undefined;
  #cancelled = false;
  #ended = false;

  constructor(
    method: Method,
    { metadata = EMPTY_METADATA, peer = "local" }: LocalCallOptions,
    client: LocalClientStream,
    toClient: MessagePipe,
  ) {
    this.#method = method;
    this.metadata = metadata;
    this.peer = peer;
    this.#client = client;
    this.#toClient = toClient;
    this.toServer = new MessagePipe(this);
    method.started++;
    const handler = method.streamHandler;
    if (handler === undefined) return;
    queueMicrotask(() => {
      if (!this.#ended) this.#run(() => handler(this));
    });
  }

  get path(): string {
    return this.#method.path;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get queuedBytes(): number {
    return this.#toClient.queuedBytes;
  }

  reply(message: Uint8Array): void {
    if (this.#ended) return;
    this.#toClient.push(message);
    this.#close(Status.OK, "");
  }

  send(message: Uint8Array): boolean {
    return this.#ended || this.#toClient.push(message);
  }

  finish(): void {
    this.#close(Status.OK, "");
  }

  fail(code: StatusCode, message: string): void {
    this.#close(code, message);
  }

  pause(): void {
    this.toServer.pause();
  }

  resume(): void {
    this.toServer.resume();
  }

  takeMessage(message: Uint8Array): void {
    if (this.#ended) return;
    if (!this.#method.takesOneRequest) this.#run(() => this.onMessage(message));
    else if (this.#request === undefined) this.#request = message;
    else this.fail(Status.INTERNAL, MORE_THAN_ONE_REQUEST);
  }

  takeEnd(): void {
    if (this.#ended) return;
    const handler = this.#method.unaryHandler;
    const request = this.#request;
    if (!this.#method.takesOneRequest) this.#run(() => this.onHalfClose());
    else if (request === undefined) {
      this.fail(Status.INTERNAL, NO_REQUEST);
    } else if (handler !== undefined) this.#run(() => handler(request, this));
    else {
      this.#run(() => this.onMessage(request));
      if (!this.#ended) this.#run(() => this.onHalfClose());
    }
  }

  pipeDrained(): void {
    this.#client.onDrain();
  }

  /** The client is gone; its handler hears of it in a microtask. */
  abort(code: StatusCode): void {
    this.toServer.cut();
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelled = true;
    this.#method.countEnd(code);
    queueMicrotask(() => this.onCancel?.());
  }

  #close(code: StatusCode, message: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#method.countEnd(code);
    this.toServer.cut();
    this.#client.endLater(code, message);
  }

  #run(work: () => void): void {
    try {
      work();
    } catch (error) {
      // As on the wire: a handler's mistake fails its call, a broken invariant stops the process.
      if (error instanceof InvariantError) throw error;
      if (error instanceof RpcError) this.fail(error.code, error.message);
      else this.fail(Status.INTERNAL, error instanceof Error ? error.message : String(error));
    }
  }
}
