import { JsonError } from "../errors.ts";
import { MAX_JSON_DEPTH } from "../limits.ts";

/** What comes next in a value. */
const State = {
  value: 0,
  valueOrEnd: 1,
  keyOrEnd: 2,
  key: 3,
  string: 4,
  escape: 5,
  hex: 6,
  minus: 7,
  zero: 8,
  digits: 9,
  point: 10,
  fraction: 11,
  exponentSign: 12,
  exponentFirst: 13,
  exponent: 14,
  literal: 15,
  after: 16,
} as const;

const COMPLETE_NUMBER: readonly number[] = [
  State.zero,
  State.digits,
  State.fraction,
  State.exponent,
];

/** What a level of nesting waits for. */
const Level = { key: 0, member: 1, element: 2 } as const;

const AFTER = ["after object key", "after object key:value pair", "after array element"] as const;

const code = (character: string): number => character.charCodeAt(0);
const QUOTE = code('"');
const BACKSLASH = code("\\");
const OPEN = code("{");
const CLOSE = code("}");
const OPEN_LIST = code("[");
const CLOSE_LIST = code("]");
const COMMA = code(",");
const COLON = code(":");
const MINUS = code("-");
const ZERO = code("0");
const PLUS = code("+");
const POINT = code(".");

const isSpace = (c: number): boolean => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
const isExponent = (c: number): boolean => c === 0x65 || c === 0x45;
const isHex = (c: number): boolean =>
  isDigit(c) || (c >= 0x61 && c <= 0x66) || (c >= 0x41 && c <= 0x46);

/** How Go quotes characters that have a letter for it. */
const QUOTED: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  0x27: "\\'",
  0x5c: "\\\\",
};

/** A byte as Go's errors show it: a Latin-1 character in quotes. */
function quoted(c: number): string {
  const hex = c.toString(16).padStart(2, "0");
  const isControl = c < 0x20 || c === 0x7f;
  const isUnseen = (c >= 0x80 && c <= 0xa0) || c === 0xad;
  const plain = isControl ? `\\x${hex}` : isUnseen ? `\\u00${hex}` : String.fromCharCode(c);
  return `'${QUOTED[c] ?? plain}'`;
}

/**
 * Finds the end of one JSON value in bytes that come in pieces, and checks its syntax as Go's
 * `encoding/json` does: byte by byte, with its texts, and no look at what strings contain.
 */
export class ValueScanner {
  #state: number = State.value;
  readonly #levels: number[] = [];
  #literal = "";
  /** Place inside the literal, or hexadecimal digits that are still to come. */
  #count = 0;
  #started = false;

  /** Whether anything but white space was seen. */
  get started(): boolean {
    return this.#started;
  }

  /** Whether the value is complete if nothing follows: true of a number at the outermost level. */
  get completeAtEnd(): boolean {
    return this.#levels.length === 0 && COMPLETE_NUMBER.includes(this.#state);
  }

  /** The offset behind the value, or -1 when it does not end in these bytes. Borrows `bytes`. */
  scan(bytes: Uint8Array, from: number): number {
    for (let i = from; i < bytes.length; i++) {
      const c = bytes[i]!;
      if (this.#state === State.string) {
        if (c >= 0x20 && c !== QUOTE && c !== BACKSLASH) continue;
        this.#inString(c);
      } else if (this.#state >= State.escape && this.#state <= State.hex) {
        this.#inEscape(c);
      } else if (this.#state >= State.minus && this.#state <= State.exponent) {
        if (this.#inNumber(c)) continue;
        if (this.#levels.length === 0) return i;
        this.#afterValue(c);
      } else if (this.#state === State.literal) {
        this.#inLiteral(c);
      } else if (isSpace(c)) {
        continue;
      } else if (this.#state === State.after) {
        this.#afterValue(c);
      } else {
        this.#started = true;
        this.#begin(c);
      }
      if (this.#state === State.after && this.#levels.length === 0) return i + 1;
    }
    return -1;
  }

  #fail(c: number, where: string): never {
    throw new JsonError("JSON_SYNTAX", `invalid character ${quoted(c)} ${where}`);
  }

  #begin(c: number): void {
    if (this.#state === State.key || this.#state === State.keyOrEnd) {
      if (c === QUOTE) this.#state = State.string;
      else if (c === CLOSE && this.#state === State.keyOrEnd) this.#close();
      else this.#fail(c, "looking for beginning of object key string");
      return;
    }
    if (c === CLOSE_LIST && this.#state === State.valueOrEnd) this.#close();
    else if (c === OPEN) this.#open(c, Level.key, State.keyOrEnd);
    else if (c === OPEN_LIST) this.#open(c, Level.element, State.valueOrEnd);
    else if (c === QUOTE) this.#state = State.string;
    else if (c === MINUS) this.#state = State.minus;
    else if (c === ZERO) this.#state = State.zero;
    else if (isDigit(c)) this.#state = State.digits;
    else this.#beginLiteral(c);
  }

  #beginLiteral(c: number): void {
    const literal = ["true", "false", "null"].find((one) => code(one) === c);
    if (literal === undefined) this.#fail(c, "looking for beginning of value");
    this.#literal = literal;
    this.#count = 1;
    this.#state = State.literal;
  }

  #open(c: number, level: number, next: number): void {
    if (this.#levels.length >= MAX_JSON_DEPTH) this.#fail(c, "exceeded max depth");
    this.#levels.push(level);
    this.#state = next;
  }

  #close(): void {
    this.#levels.pop();
    this.#state = State.after;
  }

  /** Comma, colon or closing bracket after a value. */
  #afterValue(c: number): void {
    const top = this.#levels.length - 1;
    const level = this.#levels[top]!;
    if (level === Level.key && c === COLON) {
      this.#levels[top] = Level.member;
      this.#state = State.value;
    } else if (level === Level.member && c === COMMA) {
      this.#levels[top] = Level.key;
      this.#state = State.key;
    } else if (level === Level.element && c === COMMA) this.#state = State.value;
    else if (level === Level.member && c === CLOSE) this.#close();
    else if (level === Level.element && c === CLOSE_LIST) this.#close();
    else if (isSpace(c)) this.#state = State.after;
    else this.#fail(c, AFTER[level]!);
  }

  #inString(c: number): void {
    if (c === QUOTE) this.#state = State.after;
    else if (c === BACKSLASH) this.#state = State.escape;
    else this.#fail(c, "in string literal");
  }

  #inEscape(c: number): void {
    if (this.#state === State.escape) {
      if (!'"\\/bfnrtu'.includes(String.fromCharCode(c))) this.#fail(c, "in string escape code");
      this.#count = 4;
      this.#state = c === code("u") ? State.hex : State.string;
    } else {
      if (!isHex(c)) this.#fail(c, "in \\u hexadecimal character escape");
      if (--this.#count === 0) this.#state = State.string;
    }
  }

  #inLiteral(c: number): void {
    const wanted = this.#literal[this.#count]!;
    if (c !== code(wanted)) {
      this.#fail(c, `in literal ${this.#literal} (expecting ${quoted(code(wanted))})`);
    }
    if (++this.#count === this.#literal.length) this.#state = State.after;
  }

  /** Whether the byte still belongs to the number. */
  #inNumber(c: number): boolean {
    const next = this.#numberState(c);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  #numberState(c: number): number | undefined {
    const digit = isDigit(c);
    switch (this.#state) {
      case State.minus:
        if (!digit) this.#fail(c, "in numeric literal");
        return c === ZERO ? State.zero : State.digits;
      case State.point:
        if (!digit) this.#fail(c, "after decimal point in numeric literal");
        return State.fraction;
      case State.exponentSign:
      case State.exponentFirst:
        if ((c === MINUS || c === PLUS) && this.#state === State.exponentSign) {
          return State.exponentFirst;
        }
        if (!digit) this.#fail(c, "in exponent of numeric literal");
        return State.exponent;
      default:
        if (digit && this.#state !== State.zero) return this.#state;
        if (c === POINT && this.#state < State.point) return State.point;
        return isExponent(c) && this.#state !== State.exponent ? State.exponentSign : undefined;
    }
  }
}
