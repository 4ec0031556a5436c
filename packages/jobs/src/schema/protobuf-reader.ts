/** Wire types that Kubernetes' messages use. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Messages within messages; no object of Kubernetes comes near. */
const DEPTH_MAX = 64;

const text = new TextDecoder();

export function bytesText(bytes: Uint8Array): string {
  return text.decode(bytes);
}

/** Reads protobuf of which only the numbers are known beforehand. Raises `RangeError` at bytes that end too soon. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  readonly #depth: number;
  #offset = 0;

  constructor(bytes: Uint8Array, depth = 0) {
    if (depth > DEPTH_MAX) throw new RangeError("messages are nested too deep");
    this.#bytes = bytes;
    this.#depth = depth;
  }

  more(): boolean {
    return this.#offset < this.#bytes.length;
  }

  tag(): { number: number; wire: number } {
    const tag = Number(this.#varint());
    return { number: Math.floor(tag / 8), wire: tag % 8 };
  }

  /** An int32, int64 or bool. */
  signed(): bigint {
    return BigInt.asIntN(64, this.#varint());
  }

  /** Borrowed from the message. */
  bytes(): Uint8Array {
    const length = Number(this.#varint());
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new RangeError("it ends too soon");
    const found = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return found;
  }

  message(): ProtobufReader {
    return new ProtobufReader(this.bytes(), this.#depth + 1);
  }

  skip(wire: number): void {
    if (wire === WIRE.varint) this.#varint();
    else if (wire === WIRE.bytes) this.bytes();
    else if (wire === WIRE.fixed64) this.#offset += 8;
    else if (wire === WIRE.fixed32) this.#offset += 4;
    else throw new RangeError(`wire type ${wire} is unknown`);
    if (this.#offset > this.#bytes.length) throw new RangeError("it ends too soon");
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#offset++];
      if (byte === undefined) throw new RangeError("it ends too soon");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is too long");
  }
}
