/** Bytes that arrived in pieces and are taken in other pieces. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  /** Bytes of the first piece that are taken already. */
  #offset = 0;
  length = 0;

  /** @param bytes borrowed until they are taken, and for as long as what was taken is used */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.length += bytes.length;
  }

  /** The next `count` bytes, which must be there: a view of one piece if possible, else a copy. */
  take(count: number): Uint8Array {
    const first = this.#pieces[0];
    if (first !== undefined && first.length - this.#offset > count) {
      const view = first.subarray(this.#offset, this.#offset + count);
      this.#offset += count;
      this.length -= count;
      return view;
    }
    return this.#takeWhole(count);
  }

  /** As `take`, where the first piece is used up. */
  #takeWhole(count: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let used = 0;
    for (let missing = count; missing > 0;) {
      const piece = this.#pieces[used]!;
      const part = piece.subarray(this.#offset, this.#offset + missing);
      parts.push(part);
      missing -= part.length;
      if (this.#offset + part.length === piece.length) {
        used++;
        this.#offset = 0;
      } else this.#offset += part.length;
    }
    this.#pieces.splice(0, used);
    this.length -= count;
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  clear(): void {
    this.#pieces = [];
    this.#offset = 0;
    this.length = 0;
  }
}

/** A big-endian number of eight bytes; undefined when it is above `max`. */
export function u64(bytes: Uint8Array, max: number): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const value = view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
  return value > max ? undefined : value;
}
