/** Deeper nesting than Kubernetes ever writes is refused. */
const DEPTH = 64;

/**
 * Decodes CBOR (RFC 8949) as Kubernetes writes it: maps with text keys, arrays, text, bytes (as base64),
 * whole numbers (bigint beyond 2^53), floats, booleans, null, tags (left out), indefinite lengths.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader = new CborReader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new Error(`bytes are left at ${reader.at}`);
  return value;
}

const BREAK = Symbol("break");

class CborReader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): unknown {
    if (depth > DEPTH) throw new Error("nested too deeply");
    const first = this.#take(1)[0]!;
    const major = first >> 5;
    const info = first & 31;
    if (major === 7) return this.#simple(info);
    const open = info === 31;
    const count = open ? 0n : this.#argument(info);
    switch (major) {
      case 0:
        return small(count);
      case 1:
        return small(-1n - count);
      case 2:
        return base64(open ? this.#chunks(depth) : this.#take(Number(count)));
      case 3:
        return new TextDecoder("utf-8", { fatal: true }).decode(
          open ? this.#chunks(depth) : this.#take(Number(count)),
        );
      case 4:
        return this.#list(open ? undefined : Number(count), depth);
      case 5:
        return this.#map(open ? undefined : Number(count), depth);
      default:
        return this.value(depth + 1);
    }
  }

  #take(count: number): Uint8Array {
    if (this.at + count > this.#bytes.length)
      throw new Error(`it ends inside a value at ${this.at}`);
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  #argument(info: number): bigint {
    if (info < 24) return BigInt(info);
    if (info > 27) throw new Error(`a length of form ${info}`);
    const size = 1 << (info - 24);
    return this.#take(size).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  #simple(info: number): unknown {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22 || info === 23) return null;
    if (info === 31) return BREAK;
    const at = this.at;
    if (info === 26) return this.#take(4) && this.#view.getFloat32(at);
    if (info === 27) return this.#take(8) && this.#view.getFloat64(at);
    if (info === 25) return half(this.#take(2));
    throw new Error(`a simple value of form ${info}`);
  }

  #list(count: number | undefined, depth: number): unknown[] {
    const list: unknown[] = [];
    while (count === undefined || list.length < count) {
      const value = this.value(depth + 1);
      if (value === BREAK) break;
      list.push(value);
    }
    return list;
  }

  #map(count: number | undefined, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (let left = count ?? Number.POSITIVE_INFINITY; left > 0; left--) {
      const key = this.value(depth + 1);
      if (key === BREAK) break;
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  #chunks(depth: number): Uint8Array {
    const parts: number[] = [];
    for (;;) {
      const start = this.#bytes[this.at];
      if (start === 0xff) {
        this.at++;
        return Uint8Array.from(parts);
      }
      if (depth > DEPTH || start === undefined) throw new Error("an open text does not end");
      this.at++;
      parts.push(...this.#take(Number(this.#argument(start & 31))));
    }
  }
}

function small(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function half(bytes: Uint8Array): number {
  const bits = (bytes[0]! << 8) | bytes[1]!;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1_023;
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (1 + fraction / 1_024) * 2 ** (exponent - 15);
  return bits >> 15 === 1 ? -size : size;
}
