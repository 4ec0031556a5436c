import { concatBytes } from "@nodetcd/bytes";
import { JsonError } from "../errors.ts";
import { ValueScanner } from "./value-scanner.ts";

/**
 * Takes apart a text of JSON values that follow each other, with or without space between them, and
 * that comes in pieces: the body of a request at the gateway. Worked example:
 *
 *     push('{"ID":1}{"I') -> ['{"ID":1}']    push('D":2} 5') -> ['{"ID":2}']    end() -> ' 5'
 */
export class JsonValues {
  #scanner = new ValueScanner();
  #pieces: Uint8Array[] = [];
  #held = 0;
  readonly #maxBytes: number;

  /** `maxBytes`: of one value, space before it included; a longer one raises `JSON_TOO_LARGE`. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The values that are complete now, as views of `piece` or of fresh memory. An incomplete one is
   * held, so `piece` must not change later. After a `JsonError` nothing more can be read.
   */
  *push(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (let from = 0; from < piece.length;) {
      const end = this.#scanner.scan(piece, from);
      const taken = piece.subarray(from, end < 0 ? piece.length : end);
      from += taken.length;
      this.#hold(taken);
      if (end >= 0) yield this.#take();
    }
  }

  /** The last value, if the text ends with a number; raises `JSON_INCOMPLETE` inside a value. */
  end(): Uint8Array | undefined {
    if (!this.#scanner.started) return undefined;
    if (!this.#scanner.completeAtEnd) throw new JsonError("JSON_INCOMPLETE", "unexpected EOF");
    return this.#take();
  }

  #hold(taken: Uint8Array): void {
    this.#held += taken.length;
    if (this.#held > this.#maxBytes) {
      const message = `JSON value is longer than ${this.#maxBytes} bytes`;
      throw new JsonError("JSON_TOO_LARGE", message);
    }
    // Space before a value is counted, but need not be kept.
    if (this.#scanner.started) this.#pieces.push(taken);
  }

  #take(): Uint8Array {
    const value = this.#pieces.length === 1 ? this.#pieces[0]! : concatBytes(this.#pieces);
    this.#scanner = new ValueScanner();
    this.#pieces = [];
    this.#held = 0;
    return value;
  }
}

/**
 * The first value of a whole text, a view of it; what follows is not looked at. `undefined` for a
 * text of nothing but space.
 */
export function firstValue(text: Uint8Array): Uint8Array | undefined {
  const values = new JsonValues(Number.POSITIVE_INFINITY);
  for (const value of values.push(text)) return value;
  return values.end();
}
