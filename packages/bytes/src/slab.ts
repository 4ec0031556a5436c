import type { WireWriter } from "./wire-writer.ts";

/** Requests above this size get memory of their own. */
const SHARED_BYTES_MAX = 4 * 1024;
const SLAB_BYTES = 64 * 1024;

/**
 * Hands out small pieces of memory cut from larger ones: a fresh `Uint8Array` for each request costs
 * more than the request's own work. Pieces are never reused, so they may be kept for ever; a slab is
 * freed when its last piece is.
 */
export class Slab {
  #slab: Uint8Array = new Uint8Array(SLAB_BYTES);
  #used = 0;

  /** Fresh memory, owned by the caller, who writes all of it: what is in it now is no matter. */
  take(length: number): Uint8Array {
    if (length > SHARED_BYTES_MAX) return Buffer.allocUnsafeSlow(length);
    if (this.#used + length > SLAB_BYTES) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = start + length;
    return this.#slab.subarray(start, this.#used);
  }

  /** What was written as memory owned by the caller; the writer starts anew. */
  finish(writer: WireWriter): Uint8Array {
    if (writer.length > SHARED_BYTES_MAX) return writer.finish();
    const piece = this.take(writer.length);
    writer.copyTo(piece);
    writer.reset();
    return piece;
  }
}
