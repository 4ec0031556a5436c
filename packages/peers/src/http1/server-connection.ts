import type { Clock, Http1Response, Socket, Timer } from "@nodetcd/runtime";
import { PeerError, textOf } from "../errors.ts";
import { LINGER_MS, READ_TIMEOUT_MS } from "../limits.ts";
import { type Http1Head, Http1Parser } from "./message-parser.ts";

/** The head of a request. */
export interface Request {
  readonly method: string;
  /** Path with query, as it came. */
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** Takes the body of one request. Errors that it raises end the connection. */
export interface BodySink {
  onBody(bytes: Uint8Array): void;
  /** The body is complete. */
  onEnd(): void;
  /** The connection has gone before that, or before the answer. */
  onAbort(error: Error): void;
}

const REQUEST_LINE = /^([A-Z]{1,16}) (\/[\x21-\x7e]{0,8191}) HTTP\/1\.([01])$/;

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  307: "Temporary Redirect",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  410: "Gone",
  412: "Precondition Failed",
  413: "Request Entity Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

/** An answer in etcd's form: text with a line end. */
export function textResponse(
  status: number,
  text: string,
  headers: Record<string, string> = {},
): Http1Response {
  return {
    status,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
      ...headers,
    },
    body: `${text}\n`,
  };
}

export interface ServerConnectionOptions {
  readonly clock: Clock;
  /** Begins to deal with a request, and takes its body. Raises an error to end the connection silently. */
  readonly onRequest: (request: Request, connection: ServerConnection) => BodySink;
  /** The connection is gone, or belongs to somebody else. */
  readonly onRelease: () => void;
}

/**
 * The listening end of an HTTP/1.1 connection. One request is dealt with at a time; a connection on which
 * none arrives, or a body stands still, for 5 s is closed.
 */
export class ServerConnection {
  readonly socket: Socket;
  readonly #options: ServerConnectionOptions;
  readonly #parser: Http1Parser;
  #sink: BodySink | undefined;
  #timer: Timer | undefined;
  #heardAt = 0;
  /** A request is being dealt with. */
  #busy = false;
  #bodyDone = false;
  #keepAlive = true;
  #paused = false;
  #released = false;

  constructor(socket: Socket, options: ServerConnectionOptions) {
    this.socket = socket;
    this.#options = options;
    this.#parser = new Http1Parser("request", {
      onHead: (head) => this.#onHead(head),
      onBody: (bytes) => this.#sink?.onBody(bytes),
      onEnd: () => this.#onEnd(),
    });
    socket.onData = (bytes) => this.feed(bytes);
    socket.onEnd = () => this.#guard(() => this.#onSocketEnd());
    socket.onClose = (error) =>
      this.#gone(error ?? new PeerError("DISCONNECTED", "unexpected EOF"));
    this.#watch();
  }

  /** Bytes that were read already. */
  feed(bytes: Uint8Array): void {
    this.#guard(() => {
      if (this.#released) return;
      this.#heardAt = this.#options.clock.monotonic();
      this.#parser.feed(bytes);
    });
  }

  /** Answers the request. When its body has not been read the connection ends with it. */
  reply({ status, headers, body }: Http1Response, close = false): void {
    if (this.#released || !this.#busy) return;
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const last = close || !this.#keepAlive || !this.#bodyDone;
    const length = status === 204 ? {} : { "Content-Length": String(bytes.length) };
    this.#head(status, { ...headers, ...length, ...(last ? { Connection: "close" } : {}) }, bytes);
    this.#busy = false;
    this.#sink = undefined;
    if (last) return this.#end();
    this.resume();
    this.#watch();
    this.#guard(() => this.#parser.next());
  }

  /** Begins a good answer without end, and gives the socket away. */
  hijack(headers: Readonly<Record<string, string>>): Socket {
    this.#head(200, { ...headers, "Transfer-Encoding": "chunked" }, Buffer.alloc(0));
    this.#release();
    this.socket.resume();
    return this.socket;
  }

  /** Takes no more of the body for now, and does not wait for it. */
  pause(): void {
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#heardAt = this.#options.clock.monotonic();
    this.socket.resume();
  }

  /** Gives up at once, without an answer. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Ends when no request is being dealt with; else with the answer. */
  close(): void {
    this.#keepAlive = false;
    if (!this.#busy) this.socket.destroy();
  }

  #head(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): void {
    const date = new Date(this.#options.clock.wallTime()).toUTCString();
    const lines = Object.entries({ ...headers, Date: date }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const head = `HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}\r\n${lines.join("")}\r\n`;
    this.socket.write(Buffer.concat([Buffer.from(head), body]));
  }

  /** After the last answer: what the peer still sends is not looked at. */
  #end(): void {
    const { socket } = this;
    this.#release();
    const timer = this.#options.clock.setTimer(LINGER_MS, () => socket.destroy());
    socket.onClose = () => timer.cancel();
    socket.onData = () => undefined;
    socket.onEnd = () => socket.destroy();
    socket.resume();
    socket.end();
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#timer?.cancel();
    this.#options.onRelease();
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.socket.destroy();
      this.#gone(error instanceof Error ? error : new Error(textOf(error)));
    }
  }

  #gone(error: Error): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#release();
    sink?.onAbort(error);
  }

  #watch(): void {
    this.#timer?.cancel();
    const { clock } = this.#options;
    const look = (): void => {
      // While it is dealt with, time is the handler's.
      if (this.#busy && this.#bodyDone) return;
      const left = this.#heardAt + READ_TIMEOUT_MS - clock.monotonic();
      if (this.#paused) this.#timer = clock.setTimer(READ_TIMEOUT_MS, look);
      else if (left > 0) this.#timer = clock.setTimer(left, look);
      else this.socket.destroy();
    };
    this.#heardAt = clock.monotonic();
    this.#timer = clock.setTimer(READ_TIMEOUT_MS, look);
  }

  #onHead({ startLine, headers }: Http1Head): void {
    const [, method, url, minor] = REQUEST_LINE.exec(startLine) ?? [];
    if (method === undefined || url === undefined)
      throw new PeerError("BAD_HTTP", "the request line");
    const connection = headers.get("connection")?.toLowerCase();
    this.#keepAlive &&= minor === "1" && connection !== "close";
    this.#busy = true;
    this.#bodyDone = false;
    const sink = this.#options.onRequest({ method, url, headers }, this);
    // It may have been answered already.
    if (this.#busy) this.#sink = sink;
  }

  #onEnd(): void {
    this.#bodyDone = true;
    if (this.#sink !== undefined) this.#sink.onEnd();
  }

  #onSocketEnd(): void {
    this.#parser.end();
    // The answer to a whole request may still be on its way.
    this.#keepAlive = false;
    if (!this.#busy) this.socket.destroy();
  }
}
