import { DEFAULT_FRAME_BYTES, FRAME_HEADER_BYTES, readUint31 } from "./frame.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";

export interface FrameSink {
  /** The payload is `bytes` from `start` to `end`: borrowed, but never changed afterwards. */
  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** True once no more frames are wanted. */
  readonly closing: boolean;
}

/**
 * Cuts a byte stream into frames, in place: only a frame that spans two chunks is copied, alone, into
 * memory of its own. Holds at most one frame of 16 KiB.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  /** The beginning of a frame: first its header, then room for all of it. */
  #partial: Uint8Array | undefined;
  #have = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Takes the next bytes, borrowed, which must never change afterwards. */
  read(chunk: Uint8Array): void {
    let position = this.#partial === undefined ? 0 : this.#fill(chunk);
    while (!this.#sink.closing && chunk.length - position >= FRAME_HEADER_BYTES) {
      const end = position + FRAME_HEADER_BYTES + payloadLength(chunk, position);
      if (end > chunk.length) break;
      this.#deliver(chunk, position, end);
      position = end;
    }
    if (position < chunk.length && !this.#sink.closing) this.#keep(chunk, position);
  }

  #deliver(bytes: Uint8Array, position: number, end: number): void {
    this.#sink.onFrame(
      bytes[position + 3]!,
      bytes[position + 4]!,
      readUint31(bytes, position + 5),
      bytes,
      position + FRAME_HEADER_BYTES,
      end,
    );
  }

  #keep(chunk: Uint8Array, position: number): void {
    this.#partial = new Uint8Array(FRAME_HEADER_BYTES);
    this.#have = 0;
    this.#fill(position === 0 ? chunk : chunk.subarray(position));
  }

  /** Completes the partial frame as far as possible; returns how much of the chunk that took. */
  #fill(chunk: Uint8Array): number {
    let taken = 0;
    while (this.#partial !== undefined) {
      const take = Math.min(this.#partial.length - this.#have, chunk.length - taken);
      this.#partial.set(chunk.subarray(taken, taken + take), this.#have);
      this.#have += take;
      taken += take;
      if (this.#have < this.#partial.length) break;
      this.#advance(this.#partial);
    }
    return taken;
  }

  /** What was wanted is there: the header, then the frame. */
  #advance(partial: Uint8Array): void {
    if (partial.length === FRAME_HEADER_BYTES) {
      const length = payloadLength(partial, 0);
      if (length > 0) {
        this.#partial = new Uint8Array(FRAME_HEADER_BYTES + length);
        this.#partial.set(partial);
        return;
      }
    }
    this.#partial = undefined;
    this.#have = 0;
    this.#deliver(partial, 0, partial.length);
  }
}

function payloadLength(bytes: Uint8Array, position: number): number {
  const length = (bytes[position]! << 16) | (bytes[position + 1]! << 8) | bytes[position + 2]!;
  if (length > DEFAULT_FRAME_BYTES) {
    throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, `Frame of ${length} bytes is too long`);
  }
  return length;
}
