/** Memory is taken from pieces of this size, in bytes; a longer page gets one of its own. */
const SLAB_BYTES: number = 256 * 1024;
/** What is kept for the next commit, in bytes. */
const KEPT_BYTES: number = 4 * 1024 * 1024;

/** A page's place in memory that is used again. */
export interface ScratchPage {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
}

/**
 * Memory for pages that a commit writes and nobody reads from memory afterwards. Fresh memory for each
 * costs more than all else that a page needs: its first touch is a page fault, and the collector has
 * to give it back.
 */
export class PageScratch {
  readonly #slabs: ArrayBuffer[] = [];
  #current = 0;
  #used = 0;

  /** Zeroed, valid until `reset`. @param size a multiple of 4 */
  take(size: number): ScratchPage {
    let slab = this.#slabs[this.#current];
    if (slab !== undefined && this.#used + size > slab.byteLength) {
      slab = this.#slabs[++this.#current];
      this.#used = 0;
    }
    if (slab === undefined || slab.byteLength < size) {
      slab = new ArrayBuffer(Math.max(size, SLAB_BYTES));
      this.#slabs.splice(this.#current, 0, slab);
    } else new Uint8Array(slab, this.#used, size).fill(0);
    const offset = this.#used;
    this.#used += size;
    return { buffer: slab, offset };
  }

  /** Everything that was taken is given back. */
  reset(): void {
    this.#current = 0;
    this.#used = 0;
    let kept = 0;
    const fits = this.#slabs.findIndex((slab) => (kept += slab.byteLength) > KEPT_BYTES);
    if (fits >= 0) this.#slabs.length = fits;
  }
}
