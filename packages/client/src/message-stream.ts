import { type ClientStream, onAbort, Status } from "@nodetcd/grpc";
import type { Init, Method } from "@nodetcd/messages";
import type { PreparedStream } from "./calls.ts";
import { type EtcdError, errorOfStatus } from "./errors.ts";

/** A method of which one side, or both, sends more than one message. */
export type StreamMethod<Request, Response> = Method<
  Request,
  Response,
  "client_stream" | "server_stream" | "bidi_stream"
>;

/**
 * A stream of messages as they are on the wire; made by `Client.stream`. Iterating gives the server's messages one after the
 * other, and holds the server back meanwhile; it ends with the stream, or fails with its error. Leaving the loop cancels
 * the stream.
 */
export class MessageStream<Request, Response> implements AsyncIterableIterator<Response> {
  readonly #method: StreamMethod<Request, Response>;
  readonly #stream: ClientStream;
  readonly #messages: Response[] = [];
  readonly #forget: (() => void)[];
  #ended: EtcdError | "complete" | undefined;
  #wake: () => void = () => undefined;

  constructor(
    method: StreamMethod<Request, Response>,
    prepared: PreparedStream,
    ends: { readonly signal?: AbortSignal; readonly onClose: (end: () => void) => () => void },
  ) {
    this.#method = method;
    this.#stream = prepared.open();
    this.#stream.onMessage = (message) => {
      this.#messages.push(method.response.decode(message));
      this.#stream.pause();
      this.#wake();
    };
    this.#stream.onEnd = ({ code, message }) => {
      if (code === Status.UNAVAILABLE) prepared.failed();
      this.#ended = code === Status.OK ? "complete" : errorOfStatus(code, message);
      this.#release();
      this.#wake();
    };
    const cancel = (): void => this.cancel();
    this.#forget = [ends.onClose(cancel)];
    if (ends.signal !== undefined) this.#forget.push(onAbort(ends.signal, cancel));
    if (ends.signal?.aborted === true) cancel();
  }

  /** Queues a message. */
  send(request: Init<Request>): void {
    this.#stream.send(this.#method.request.encode(request));
  }

  /** No more messages from this side. */
  end(): void {
    this.#stream.halfClose();
  }

  /** Ends it on both sides. */
  cancel(): void {
    this.#stream.cancel();
    this.#release();
  }

  async next(): Promise<IteratorResult<Response>> {
    for (;;) {
      const value = this.#messages.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#ended === "complete") return { done: true, value: undefined };
      if (this.#ended !== undefined) throw this.#ended;
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#stream.resume();
      await woken;
    }
  }

  return(): Promise<IteratorResult<Response>> {
    this.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #release(): void {
    for (const forget of this.#forget.splice(0)) forget();
  }
}
