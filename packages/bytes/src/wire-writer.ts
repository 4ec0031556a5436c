import { assert } from "./assert.ts";
import { varintSize } from "./varint.ts";

/** A writer whose buffer has grown beyond this gives it away, or up. */
const LARGE_BYTES = 1024 * 1024;
const TWO_32 = 0x1_0000_0000;
/** Copies of up to this many bytes are faster in script than by `set`. */
const SCRIPT_COPY = 24;

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
    const { length } = bytes;
    const offset = this.#reserve(length);
    const buffer = this.#buffer;
    if (length > SCRIPT_COPY) buffer.set(bytes, offset);
    else for (let i = 0; i < length; i++) buffer[offset + i] = bytes[i]!;
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

  /** Copies what was written since the last `finish` into memory that has room for it from `offset` on. */
  copyTo(target: Uint8Array, offset = 0): void {
    this.#buffer.copy(target, offset, 0, this.#length);
  }

  /** Forgets what was written after the first `length` bytes. */
  truncate(length: number): void {
    assert(length <= this.#length, "truncate: so much was not written");
    this.#length = length;
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
