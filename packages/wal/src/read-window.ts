import { READ_BYTES } from "./limits.ts";

/** What a scan needs next: exactly `length` bytes at `position`, in memory that is not reused. */
export interface ReadRequest {
  readonly position: number;
  readonly length: number;
}

/** The part of a file that was read last. */
export class FileWindow {
  readonly size: number;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(size: number) {
    this.size = size;
  }

  /** At least `length` bytes from `position` on, fewer only where the file ends before. */
  *read(position: number, length: number): Generator<ReadRequest, Uint8Array, Uint8Array> {
    const wanted = Math.min(length, this.size - position);
    if (position < this.#start || position + wanted > this.#start + this.#bytes.length) {
      const count = Math.min(Math.max(wanted, READ_BYTES), this.size - position);
      this.#bytes = yield { position, length: count };
      this.#start = position;
    }
    return this.#bytes.subarray(position - this.#start);
  }
}
