import { JsonError } from "../errors.ts";
import { MAX_JSON_QUOTE_BYTES } from "../limits.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

type TokenKind = "string" | "number" | "true" | "false" | "null" | "{" | "}" | "[" | "]";

/** By the byte that a token starts with; every other one starts a number. */
const KINDS: readonly (TokenKind | undefined)[] = Object.assign([], {
  [QUOTE]: "string",
  0x74: "true",
  0x66: "false",
  0x6e: "null",
  0x7b: "{",
  0x7d: "}",
  0x5b: "[",
  0x5d: "]",
} as const);

const SPACE = bytesOf(" \t\n\r,:");
const IN_NUMBER_OR_WORD = bytesOf("+-.0123456789abcdefghijklmnopqrstuvwxyzE");

/** 1 at the bytes of these characters. */
function bytesOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/** Where a token stands in the text. */
interface Place {
  readonly start: number;
  readonly end: number;
}

export interface Token extends Place {
  /** What a string says; else the token as it is written, unless it is long. */
  readonly text: string;
  readonly kind: TokenKind;
}

/**
 * Tokens of one JSON value whose syntax `ValueScanner` has checked already. So commas and colons
 * carry no information and are passed over like space. Raises `JsonError`s with protojson's texts,
 * which name line and column, from 1, columns in characters.
 */
export class JsonReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  /** `bytes` are borrowed while it reads. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    // Positions count from the value's own start.
    this.#position = this.#skip(0);
    this.#bytes = bytes.subarray(this.#position);
    this.#position = 0;
  }

  #skip(from: number): number {
    let at = from;
    while (SPACE[this.#bytes[at]!] === 1) at++;
    return at;
  }

  /** The next token, without taking it. */
  peek(): TokenKind {
    this.#position = this.#skip(this.#position);
    return KINDS[this.#bytes[this.#position]!] ?? "number";
  }

  take(): Token {
    const kind = this.peek();
    const start = this.#position;
    const end = this.#endOf(kind, start);
    this.#position = end;
    const text = kind === "string" ? this.#text({ start, end }) : this.raw({ start, end });
    return { kind, start, end, text };
  }

  #endOf(kind: TokenKind, start: number): number {
    if (kind.length === 1) return start + 1;
    let at = start + 1;
    if (kind === "string") {
      for (; this.#bytes[at] !== QUOTE; at++) if (this.#bytes[at] === BACKSLASH) at++;
      return at + 1;
    }
    while (IN_NUMBER_OR_WORD[this.#bytes[at]!] === 1) at++;
    return at;
  }

  #text(token: Place): string {
    let raw: string;
    try {
      raw = utf8.decode(this.#bytes.subarray(token.start, token.end));
    } catch {
      throw this.syntaxError(token, "invalid UTF-8 in string");
    }
    if (!raw.includes("\\")) return raw.slice(1, -1);
    this.#checkSurrogates(token);
    return JSON.parse(raw) as string;
  }

  /** Half of a surrogate pair, written as an escape, is refused. */
  #checkSurrogates(token: Place): void {
    const escape = (at: number): number =>
      this.#bytes[at] === BACKSLASH && this.#bytes[at + 1] === 0x75
        ? Number.parseInt(lenient.decode(this.#bytes.subarray(at + 2, at + 6)), 16)
        : Number.NaN;
    for (let at = token.start + 1; at < token.end - 1; at++) {
      if (this.#bytes[at] !== BACKSLASH) continue;
      const high = escape(at);
      at += Number.isNaN(high) ? 1 : 5;
      if (!(high >= 0xd800 && high <= 0xdfff)) continue;
      const low = escape(at + 1);
      if (high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
        at += 6;
        continue;
      }
      const next = this.#bytes.subarray(at + 1, at + 7);
      if (next.length < 6) throw new JsonError("JSON_VALUE", "proto: unexpected EOF");
      const shown = JSON.stringify(lenient.decode(next));
      throw this.syntaxError(token, `invalid escape code ${shown} in string`);
    }
  }

  /** A token as it is written; the start of a long one. */
  raw(token: Place): string {
    const end = Math.min(token.end, token.start + MAX_JSON_QUOTE_BYTES);
    if (end === token.start + 1) return String.fromCharCode(this.#bytes[token.start]!);
    return lenient.decode(this.#bytes.subarray(token.start, end)) + (end < token.end ? "..." : "");
  }

  /** Passes over a whole value; its strings are checked all the same. */
  skipValue(): void {
    let depth = 0;
    do {
      const kind = this.peek();
      const start = this.#position;
      this.#position = this.#endOf(kind, start);
      if (kind === "{" || kind === "[") depth++;
      else if (kind === "}" || kind === "]") depth--;
      else if (kind === "string" && this.#position > start + 2) {
        this.#text({ start, end: this.#position });
      }
    } while (depth > 0);
  }

  error(token: Place, what: string): JsonError {
    return new JsonError("JSON_VALUE", `proto: (${this.#place(token)}): ${what}`);
  }

  syntaxError(token: Place, what: string): JsonError {
    return new JsonError("JSON_VALUE", `proto: syntax error (${this.#place(token)}): ${what}`);
  }

  unexpected(token: Place): JsonError {
    return this.syntaxError(token, `unexpected token ${this.raw(token)}`);
  }

  #place({ start }: Place): string {
    const lines = lenient.decode(this.#bytes.subarray(0, start)).split("\n");
    return `line ${lines.length}:${Array.from(lines.at(-1)!).length + 1}`;
  }
}
