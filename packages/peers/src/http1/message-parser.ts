import { PeerError } from "../errors.ts";
import { AHEAD_BYTES_MAX, CHUNK_LINE_BYTES_MAX, HEAD_BYTES_MAX } from "../limits.ts";

/** The lines before a body. */
export interface Http1Head {
  readonly startLine: string;
  /** Values by lower-case name; those of one name are joined with ", ". */
  readonly headers: ReadonlyMap<string, string>;
}

export interface Http1Sink {
  onHead(head: Http1Head): void;
  /** A part of the body, a view of what was fed. */
  onBody(bytes: Uint8Array): void;
  /** The message is complete. */
  onEnd(): void;
}

type State = "head" | "counted" | "chunk-line" | "chunk" | "chunk-end" | "trailers" | "to-the-end";

const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const NOTHING = Buffer.alloc(0);

function bad(what: string): PeerError {
  return new PeerError("BAD_HTTP", `Not HTTP/1.1: ${what}`);
}

/** Reads the lines of a head. */
export function parseHead(text: string): Http1Head {
  const [startLine = "", ...lines] = text.split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) throw bad("a header line cannot be read");
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return { startLine, headers };
}

/**
 * Takes HTTP/1.1 messages of one direction apart (RFC 9112), however they are cut. Whatever could be
 * understood in two ways is refused. After a whole message it stands still until `next`.
 */
export class Http1Parser {
  readonly #kind: "request" | "response";
  readonly #sink: Http1Sink;
  #state: State = "head";
  /** Bytes of an unfinished line or head. */
  #partial: Buffer = NOTHING;
  /** Bytes left of the body or chunk. */
  #left = 0;
  #held = false;
  #ahead: Buffer = NOTHING;

  constructor(kind: "request" | "response", sink: Http1Sink) {
    this.#kind = kind;
    this.#sink = sink;
  }

  /** Raises `PeerError` BAD_HTTP; the connection is of no use then. */
  feed(bytes: Uint8Array): void {
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    while (rest.length > 0) {
      if (this.#held) {
        if (this.#ahead.length + rest.length > AHEAD_BYTES_MAX) throw bad("too much comes at once");
        this.#ahead = Buffer.concat([this.#ahead, rest]);
        return;
      }
      rest = this.#step(rest);
    }
  }

  /** The other side has ended: whole if a body goes to the end, else raises DISCONNECTED in the middle. */
  end(): void {
    if (this.#held || (this.#state === "head" && this.#partial.length === 0)) return;
    if (this.#state !== "to-the-end") throw new PeerError("DISCONNECTED", "unexpected EOF");
    this.#finish();
  }

  /** Goes on with the next message. */
  next(): void {
    this.#held = false;
    const ahead = this.#ahead;
    this.#ahead = NOTHING;
    this.feed(ahead);
  }

  #step(bytes: Buffer): Buffer {
    switch (this.#state) {
      case "head":
        return this.#head(bytes);
      case "counted":
      case "chunk":
        return this.#body(bytes);
      case "chunk-line":
        return this.#chunkLine(bytes);
      case "chunk-end":
        return this.#line(bytes, "\r\n", 2, (line) => {
          if (line !== "") throw bad("a chunk does not end where it should");
          this.#state = "chunk-line";
        });
      case "trailers":
        return this.#line(bytes, "\r\n", HEAD_BYTES_MAX, (line) => {
          if (line === "") this.#finish();
        });
      case "to-the-end":
        this.#sink.onBody(bytes);
        return NOTHING;
    }
  }

  /** Collects up to `delimiter`; what is behind it is returned. */
  #line(bytes: Buffer, delimiter: string, max: number, take: (text: string) => void): Buffer {
    const whole = this.#partial.length === 0 ? bytes : Buffer.concat([this.#partial, bytes]);
    const at = whole.indexOf(delimiter);
    if ((at < 0 ? whole.length - delimiter.length : at) > max) throw bad("a line is too long");
    if (at < 0) {
      this.#partial = whole;
      return NOTHING;
    }
    this.#partial = NOTHING;
    take(whole.toString("latin1", 0, at));
    return whole.subarray(at + delimiter.length);
  }

  #head(bytes: Buffer): Buffer {
    return this.#line(bytes, "\r\n\r\n", HEAD_BYTES_MAX, (text) => {
      const head = parseHead(text);
      this.#beginBody(head);
      this.#sink.onHead(head);
      if (this.#state === "counted" && this.#left === 0) this.#finish();
    });
  }

  #beginBody({ startLine, headers }: Http1Head): void {
    const coding = headers.get("transfer-encoding");
    const length = headers.get("content-length");
    if (coding !== undefined) {
      if (coding.toLowerCase() !== "chunked" || length !== undefined)
        throw bad("length of the body");
      this.#state = "chunk-line";
      return;
    }
    this.#state = "counted";
    this.#left = 0;
    if (length !== undefined) {
      if (!/^\d{1,15}$/.test(length)) throw bad("length of the body");
      this.#left = Number(length);
    } else if (this.#kind === "response" && !/^HTTP\/1\.\d (1\d\d|204|304)/.test(startLine)) {
      this.#state = "to-the-end";
    }
  }

  #chunkLine(bytes: Buffer): Buffer {
    return this.#line(bytes, "\r\n", CHUNK_LINE_BYTES_MAX, (line) => {
      const [, digits] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line) ?? [];
      if (digits === undefined) throw bad("length of a chunk");
      this.#left = Number.parseInt(digits, 16);
      this.#state = this.#left === 0 ? "trailers" : "chunk";
    });
  }

  #body(bytes: Buffer): Buffer {
    const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= part.length;
    const chunked = this.#state === "chunk";
    if (this.#left === 0 && chunked) this.#state = "chunk-end";
    this.#sink.onBody(part);
    if (this.#left === 0 && !chunked) this.#finish();
    return bytes.subarray(part.length);
  }

  #finish(): void {
    this.#state = "head";
    this.#held = true;
    this.#sink.onEnd();
  }
}
