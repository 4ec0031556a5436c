import { assert } from "./assert.ts";

/** Input that does not follow the protobuf wire format, or does not fit what the schema says. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code = "MALFORMED_MESSAGE";
}

const utf8Decoder = new TextDecoder("utf-8", { fatal: true });
/** A writer whose buffer has grown beyond this gives it away, or up. */
const LARGE_BYTES = 1024 * 1024;
const TWO_32 = 0x1_0000_0000;

/** Number of bytes of the varint of a non-negative safe integer. */
export function varintSize(value: number): number {
  let size = 1;
  for (; value >= 0x80; size++) value = value >= TWO_32 ? Math.floor(value / 128) : value >>> 7;
  return size;
}

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

/**
 * Writes the protobuf wire format into one growing buffer. `finish` hands out fresh memory, so a
 * writer can be kept and used again without aliasing what it has given away.
 */
export class WireWriter {
  readonly #capacity: number;
  #buffer: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#capacity = capacity;
    this.#buffer = Buffer.alloc(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes of memory that it holds. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** Makes room for `count` more bytes and returns the offset at which they begin. */
  #reserve(count: number): number {
    const offset = this.#length;
    const needed = offset + count;
    if (needed > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, offset));
      this.#buffer = grown;
    }
    this.#length = needed;
    return offset;
  }

  /** A varint of an unsigned 32-bit number: a tag, a length, an enum. */
  uint32(value: number): void {
    let offset = this.#reserve(5);
    const buffer = this.#buffer;
    while (value >= 0x80) {
      buffer[offset++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    buffer[offset++] = value;
    this.#length = offset;
  }

  #words(low: number, high: number): void {
    let offset = this.#reserve(10);
    const buffer = this.#buffer;
    while (high !== 0 || low >= 0x80) {
      buffer[offset++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    buffer[offset++] = low;
    this.#length = offset;
  }

  int32(value: number): void {
    if (value >= 0) this.uint32(value);
    else this.#words(value >>> 0, 0xffff_ffff);
  }

  /** A safe integer as int64 or uint64; negative numbers take ten bytes. */
  counter(value: number): void {
    if (value >= 0 && value < 0x8000_0000) this.uint32(value);
    else this.#words(value >>> 0, Math.floor(value / TWO_32) >>> 0);
  }

  /** A bigint as int64 or uint64, modulo 2^64. */
  uint64(value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    this.#words(Number(bits & 0xffff_ffffn), Number(bits >> 32n));
  }

  bool(value: boolean): void {
    this.uint32(value ? 1 : 0);
  }

  /** Bytes as they are, without a length before them. */
  raw(bytes: Uint8Array): void {
    const offset = this.#reserve(bytes.length);
    this.#buffer.set(bytes, offset);
  }

  /** A length-delimited field's length and content. */
  delimited(bytes: Uint8Array): void {
    this.uint32(bytes.length);
    this.raw(bytes);
  }

  string(value: string): void {
    const size = Buffer.byteLength(value);
    this.uint32(size);
    const offset = this.#reserve(size);
    this.#buffer.write(value, offset, size, "utf8");
  }

  /**
   * Begins a length-delimited part whose length is not known yet.
   * Returns a mark to give to `endDelimited` after the content was written.
   */
  beginDelimited(): number {
    return this.#reserve(1);
  }

  /** Puts the length before the content written since `mark`. */
  endDelimited(mark: number): void {
    const start = mark + 1;
    const size = this.#length - start;
    assert(size >= 0, "endDelimited: the mark is beyond what was written");
    const extra = varintSize(size) - 1;
    if (extra > 0) {
      this.#reserve(extra);
      this.#buffer.copyWithin(start + extra, start, start + size);
    }
    const end = this.#length;
    this.#length = mark;
    this.uint32(size);
    this.#length = end;
  }

  /** Forgets what was written since the last `finish`. */
  reset(): void {
    this.#length = 0;
    if (this.#isLarge) this.#buffer = Buffer.alloc(this.#capacity);
  }

  /** Grown for a long message, beyond what is worth keeping for the next one. */
  get #isLarge(): boolean {
    return this.#buffer.length > LARGE_BYTES && this.#buffer.length > this.#capacity;
  }

  /** Hands out what was written as memory owned by the caller, and starts anew. */
  finish(): Uint8Array {
    if (this.#isLarge && this.#length >= this.#buffer.length / 2) {
      const whole = this.#buffer.subarray(0, this.#length);
      this.reset();
      return whole;
    }
    const written = Buffer.allocUnsafeSlow(this.#length);
    written.set(this.#buffer.subarray(0, this.#length));
    this.reset();
    return written;
  }
}
