import type { Clock, Socket, Timer } from "@nodetcd/runtime";
import { PeerError } from "../errors.ts";
import { REPLY_BYTES_MAX } from "../limits.ts";
import { type Http1Head, Http1Parser } from "./message-parser.ts";

export interface ReplyHead {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

export interface Reply extends ReplyHead {
  readonly body: Uint8Array;
}

export interface RequestHead {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Who hears of the one exchange that a connection has in progress. */
export interface ReplySink {
  onHead(head: ReplyHead): void;
  onBody(bytes: Uint8Array): void;
  /** Complete: the connection may be used again if `onGone` does not follow. */
  onEnd(): void;
}

const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: |$)/;

/** The head of a request as bytes. */
export function requestBytes(authority: string, { method, path, headers }: RequestHead): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: ${authority}\r\n${lines.join("")}\r\n`);
}

/** The dialling end of an HTTP/1.1 connection; one request at a time. */
export class ClientConnection {
  readonly socket: Socket;
  readonly #parser: Http1Parser;
  #sink: ReplySink | undefined;
  #head: ReplyHead | undefined;
  /** It cannot be used any more. */
  closed = false;
  /** Monotonic time of the last complete exchange. */
  idleSince = 0;
  /** The connection is gone; called once, with the reason. */
  onGone: (error: Error) => void = () => undefined;
  /** The socket takes more again. */
  onDrain: () => void = () => undefined;
  /** Something arrived. */
  onActivity: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#parser = new Http1Parser("response", {
      onHead: (head) => this.#onHead(head),
      onBody: (bytes) => {
        if (this.#head !== undefined) this.#sink?.onBody(bytes);
      },
      onEnd: () => this.#onEnd(),
    });
    socket.onData = (bytes) => this.#guard(() => this.#onData(bytes));
    socket.onEnd = () => this.#guard(() => this.#onSocketEnd());
    socket.onDrain = () => this.onDrain();
    socket.onClose = (error) =>
      this.close(error ?? new PeerError("DISCONNECTED", "unexpected EOF"));
  }

  /** Begins an exchange. Only after the one before it has ended. */
  request(head: Uint8Array, sink: ReplySink): void {
    this.#sink = sink;
    this.#head = undefined;
    this.socket.write(head);
  }

  close(error: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.destroy();
    this.onGone(error);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #onData(bytes: Uint8Array): void {
    if (this.closed) return;
    this.onActivity();
    if (this.#sink === undefined) throw new PeerError("BAD_HTTP", "a reply that nobody asked for");
    this.#parser.feed(bytes);
  }

  #onSocketEnd(): void {
    if (this.closed) return;
    this.#parser.end();
    this.close(new PeerError("DISCONNECTED", "EOF"));
  }

  #onHead({ startLine, headers }: Http1Head): void {
    const [, digits] = STATUS_LINE.exec(startLine) ?? [];
    if (digits === undefined) throw new PeerError("BAD_HTTP", "Not HTTP/1.1: the status line");
    const status = Number(digits);
    // 1xx: the reply proper is yet to come.
    if (status < 200) return;
    this.#head = { status, headers };
    this.#sink?.onHead(this.#head);
  }

  #onEnd(): void {
    const head = this.#head;
    if (head !== undefined) {
      const sink = this.#sink;
      this.#sink = undefined;
      sink?.onEnd();
      if (head.headers.get("connection")?.toLowerCase() === "close") {
        this.close(new PeerError("DISCONNECTED", "EOF"));
      }
    }
    if (!this.closed) this.#parser.next();
  }
}

/** Collects a whole reply. Rejects when the connection goes, the body is too long or time is up. */
export function collectReply(
  clock: Clock,
  connection: ClientConnection,
  timeoutMs: number,
  send: (sink: ReplySink) => void,
  maxBytes: number = REPLY_BYTES_MAX,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    if (connection.closed) return reject(new PeerError("DISCONNECTED", "connection is closed"));
    let head: ReplyHead | undefined;
    let length = 0;
    const parts: Uint8Array[] = [];
    const late = new PeerError("TIMED_OUT", `no reply within ${timeoutMs} ms`);
    const timer: Timer = clock.setTimer(timeoutMs, () => connection.close(late));
    connection.onGone = (error) => {
      timer.cancel();
      reject(error);
    };
    send({
      onHead: (found) => (head = found),
      onBody: (bytes) => {
        length += bytes.length;
        if (length > maxBytes)
          throw new PeerError("BAD_HTTP", `a reply of more than ${maxBytes} bytes`);
        parts.push(bytes);
      },
      onEnd: () => {
        timer.cancel();
        connection.onGone = () => undefined;
        connection.idleSince = clock.monotonic();
        if (head !== undefined) resolve({ ...head, body: Buffer.concat(parts) });
      },
    });
  });
}
