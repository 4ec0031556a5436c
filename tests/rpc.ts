/**
 * A small gRPC client on `node:http2`, for tests: it shares no line with packages/grpc, so that a
 * fault in both ends of that cannot hide itself.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Init, Method } from "@nodetcd/messages";

export interface Failure {
  /** gRPC status code. */
  readonly code: number;
  readonly message: string;
}

/** Headers of a call besides those of every call, such as `token`. */
export type Metadata = Readonly<Record<string, string>>;

export class RpcFailure extends Error implements Failure {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const UNAVAILABLE = 14;
/** Requests that wait to be sent count, too; at Node's 10 MB it resets calls that are answered meanwhile. */
const SESSION_MEMORY_MB = 1_024;

/** One connection. After it is lost every call fails with UNAVAILABLE; make a new one then. */
export class Connection {
  readonly #session: ClientHttp2Session;

  /** `windowBytes`: what the server may send before it was read, on each stream and on all. */
  constructor(url: string, windowBytes: number = 16 << 20) {
    this.#session = connect(url, {
      settings: { initialWindowSize: windowBytes },
      maxSessionMemory: SESSION_MEMORY_MB,
    });
    this.#session.on("error", () => {});
    this.#session.once("connect", () => {
      if (!this.isClosed) this.#session.setLocalWindowSize(windowBytes);
    });
  }

  get isClosed(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  call<Request, Reply>(
    method: Method<Request, Reply>,
    request: Init<Request>,
    timeoutMs = 10_000,
    metadata: Metadata = {},
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      let reply: Uint8Array | undefined;
      const stream = this.open(
        method.path,
        (message) => (reply = message),
        (failure) => {
          clearTimeout(timer);
          if (failure.code !== 0) reject(new RpcFailure(failure.code, failure.message));
          else if (reply === undefined) reject(new RpcFailure(13, "a reply without a message"));
          else resolve(method.response.decode(reply));
        },
        metadata,
      );
      const timer = setTimeout(() => stream.fail(4, `no reply within ${timeoutMs} ms`), timeoutMs);
      stream.send(method.request.encode(request));
      stream.end();
    });
  }

  /** Opens a stream. `onEnd` is called exactly once. */
  open(
    path: string,
    onMessage: (message: Uint8Array) => void,
    onEnd: (status: Failure) => void,
    metadata: Metadata = {},
  ): RpcStream {
    return new RpcStream(this.#session, path, onMessage, onEnd, metadata);
  }

  close(): void {
    this.#session.destroy();
  }
}

export class RpcStream {
  readonly #stream: ClientHttp2Stream | undefined;
  readonly #onEnd: (status: Failure) => void;
  #ended = false;

  constructor(
    session: ClientHttp2Session,
    path: string,
    onMessage: (message: Uint8Array) => void,
    onEnd: (status: Failure) => void,
    metadata: Metadata = {},
  ) {
    this.#onEnd = onEnd;
    if (session.destroyed || session.closed) {
      queueMicrotask(() =>
        this.#finish({ code: UNAVAILABLE, message: "the connection is closed" }),
      );
      return;
    }
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: path,
      "content-type": "application/grpc",
      te: "trailers",
      ...metadata,
    });
    this.#stream = stream;
    const parts = new MessageParts(onMessage);
    let status: Failure | undefined;
    const readStatus = (headers: Record<string, unknown>): void => {
      const code = headers["grpc-status"];
      if (code === undefined) return;
      const message = headers["grpc-message"];
      const text = typeof message === "string" ? decodeURIComponent(message) : "";
      status = { code: Number(code), message: text };
    };
    stream.on("response", readStatus);
    stream.on("trailers", readStatus);
    stream.on("data", (chunk: Buffer) => parts.add(chunk));
    let reason = "";
    stream.on("error", (error: Error) => (reason = `: ${error.message}`));
    stream.on("close", () =>
      this.#finish(status ?? { code: UNAVAILABLE, message: `the connection was lost${reason}` }),
    );
  }

  #finish(status: Failure): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(status);
  }

  send(message: Uint8Array): void {
    const frame = Buffer.alloc(5 + message.length);
    frame.writeUInt32BE(message.length, 1);
    frame.set(message, 5);
    this.#stream?.write(frame);
  }

  /** Half-closes: nothing more will be sent. */
  end(): void {
    this.#stream?.end();
  }

  /** Reads no more until `resume`. */
  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  /** Ends it here with this status. */
  fail(code: number, message: string): void {
    this.#finish({ code, message });
    this.cancel();
  }

  cancel(): void {
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  }
}

/** Cuts length-prefixed messages out of a byte stream. Messages are owned by the receiver. */
class MessageParts {
  readonly #onMessage: (message: Uint8Array) => void;
  #pending: Buffer[] = [];
  #size = 0;

  constructor(onMessage: (message: Uint8Array) => void) {
    this.#onMessage = onMessage;
  }

  add(chunk: Buffer): void {
    this.#pending.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= 5) {
      const head = this.#peek(5);
      const length = head.readUInt32BE(1);
      if (this.#size < 5 + length) return;
      const all = Buffer.concat(this.#pending);
      const rest = all.subarray(5 + length);
      this.#pending = rest.length > 0 ? [rest] : [];
      this.#size = rest.length;
      this.#onMessage(new Uint8Array(all.subarray(5, 5 + length)));
    }
  }

  #peek(count: number): Buffer {
    const first = this.#pending[0];
    if (first !== undefined && first.length >= count) return first;
    this.#pending = [Buffer.concat(this.#pending)];
    return this.#pending[0] ?? Buffer.alloc(0);
  }
}
