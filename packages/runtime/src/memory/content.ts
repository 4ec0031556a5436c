/** Bytes of one piece: small files take little, and what is zero takes nothing. */
const PIECE_BYTES: number = 16 * 1024;

/** The bytes of one file in memory. Space that nobody wrote reads as zeros and takes no memory. */
export class Content {
  size = 0;
  readonly #pieces = new Map<number, Uint8Array>();
  /** Open files that hold the lock, all of one kind. */
  readonly lockHolders: Set<object> = new Set();
  lockKind: "shared" | "exclusive" = "shared";

  read(into: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(into.length, this.size - position));
    for (let done = 0; done < length;) {
      const { index, offset, count } = stretch(position + done, length - done);
      const piece = this.#pieces.get(index);
      if (piece === undefined) into.fill(0, done, done + count);
      else into.set(piece.subarray(offset, offset + count), done);
      done += count;
    }
    return length;
  }

  write(from: Uint8Array, position: number): void {
    for (let done = 0; done < from.length;) {
      const { index, offset, count } = stretch(position + done, from.length - done);
      let piece = this.#pieces.get(index);
      if (piece === undefined) this.#pieces.set(index, (piece = new Uint8Array(PIECE_BYTES)));
      piece.set(from.subarray(done, done + count), offset);
      done += count;
    }
    this.size = Math.max(this.size, position + from.length);
  }

  truncate(size: number): void {
    for (const [index, piece] of this.#pieces) {
      const left = size - index * PIECE_BYTES;
      if (left <= 0) this.#pieces.delete(index);
      else if (left < PIECE_BYTES) piece.fill(0, left);
    }
    this.size = size;
  }
}

/** The part of a run of bytes that lies in the piece where it begins. */
function stretch(position: number, length: number) {
  const index = Math.floor(position / PIECE_BYTES);
  const offset = position - index * PIECE_BYTES;
  return { index, offset, count: Math.min(length, PIECE_BYTES - offset) };
}
