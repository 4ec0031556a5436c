/** Input that does not follow the protobuf wire format, or does not fit what the schema says. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code = "MALFORMED_MESSAGE";
}

const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const TWO_32 = 0x1_0000_0000;

/**
 * Reads the protobuf wire format (protobuf.dev/programming-guides/encoding) from borrowed bytes.
 * Everything it returns as bytes is a view of the input and lives as long as the input does.
 * Malformed input raises `WireError`; nothing is read beyond the end.
 */
export class WireReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;

  constructor(bytes: Uint8Array, position = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  #byte(): number {
    if (this.position >= this.end) throw new WireError("Message ends in the middle of a field");
    return this.bytes[this.position++]!;
  }

  /** Low 32 bits of the last varint read by `#varint`, unsigned. */
  #low = 0;
  /** High 32 bits of the last varint read by `#varint`, unsigned. */
  #high = 0;

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else if (byte > 1) throw new WireError("Varint is beyond 64 bits");
      else high |= bits << 31;
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new WireError("Varint is longer than ten bytes");
  }

  /** A field's tag: `(number << 3) | wire type`, as an unsigned 32-bit number. */
  tag(): number {
    const tag = this.#word("Field number");
    if (tag < 8) throw new WireError("Field number 0 is not allowed");
    return tag;
  }

  /** A varint that must fit into 32 bits. */
  #word(what: string): number {
    const first = this.position < this.end ? this.bytes[this.position]! : 0x80;
    if (first < 0x80) {
      this.position++;
      return first;
    }
    this.#varint();
    if (this.#high !== 0) throw new WireError(`${what} is beyond 32 bits`);
    return this.#low;
  }

  /** The low 32 bits of a varint, as protobuf reads a uint32. */
  uint32(): number {
    const first = this.position < this.end ? this.bytes[this.position]! : 0x80;
    if (first < 0x80) {
      this.position++;
      return first;
    }
    this.#varint();
    return this.#low;
  }

  int32(): number {
    return this.uint32() | 0;
  }

  bool(): boolean {
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** An int64 or uint64 as a number, exact only when it is a safe integer. */
  #number(): number {
    const first = this.position < this.end ? this.bytes[this.position]! : 0x80;
    if (first < 0x80) {
      this.position++;
      return first;
    }
    this.#varint();
    return (this.#high | 0) * TWO_32 + this.#low;
  }

  /** A counter: an int64 or uint64 that must be a safe integer (negative ones included). */
  counter(): number {
    const value = this.#number();
    if (!Number.isSafeInteger(value)) throw new WireError("Counter is beyond 2^53 - 1");
    return value;
  }

  /** As `counter`, but what is beyond a safe integer becomes the nearest one. */
  clampedCounter(): number {
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, this.#number()));
  }

  /** A proto2 enum whose values are 0 to `max`; another value is an error. */
  closedEnum(max: number): number {
    const value = this.int32();
    if (value < 0 || value > max) throw new WireError(`Enum value ${value} is not known`);
    return value;
  }

  uint64(): bigint {
    this.#varint();
    if (this.#high === 0) return BigInt(this.#low);
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** Length-delimited field: the end position of its content; `position` is at its start. */
  delimited(): number {
    const length = this.#word("Length");
    const end = this.position + length;
    if (end > this.end) throw new WireError("Field is longer than its message");
    return end;
  }

  /** A borrowed view of a length-delimited field. */
  view(): Uint8Array {
    const end = this.delimited();
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }

  string(): string {
    const view = this.view();
    try {
      return utf8Decoder.decode(view);
    } catch {
      throw new WireError("String field contains invalid UTF-8");
    }
  }

  /** Raises `WireError` unless a nested message ended exactly where its length said. */
  expectAt(end: number): void {
    if (this.position !== end) throw new WireError("Nested message does not end where it should");
  }

  /** Steps over the value of a field that the schema does not know. */
  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case 0:
        this.#varint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.position = this.delimited();
        return;
      case 5:
        this.#advance(4);
        return;
      case 3:
        if (depth > 100) throw new WireError("Groups are nested too deeply");
        for (let inner = this.tag(); inner !== tag + 1; inner = this.tag()) {
          this.skip(inner, depth + 1);
        }
        return;
      default:
        throw new WireError(`Wire type ${tag & 7} is not allowed here`);
    }
  }

  #advance(count: number): void {
    if (this.position + count > this.end)
      throw new WireError("Message ends in the middle of a field");
    this.position += count;
  }
}
