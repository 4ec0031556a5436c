import { broken } from "../errors.ts";

/**
 * Append messages on their way to one follower: the index of the last entry of each and its bytes,
 * in order, in a ring that grows up to `limit`.
 */
export class Inflights {
  readonly #limit: number;
  readonly #maxBytes: number;
  #indexes: number[] = [];
  #sizes: number[] = [];
  #start = 0;
  #count = 0;
  #bytes = 0;

  /**
   * @param limit messages before it is full
   * @param maxBytes bytes at which it is full, `Infinity` for no bound; the last message may overshoot
   */
  constructor(limit: number, maxBytes: number) {
    this.#limit = limit;
    this.#maxBytes = maxBytes;
  }

  get count(): number {
    return this.#count;
  }

  /** Sum of the bytes of the messages in flight. */
  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#count === this.#limit || this.#bytes >= this.#maxBytes;
  }

  /** Notes a message whose last entry is at `index`, above all before it. */
  add(index: number, bytes: number): void {
    if (this.full) broken("cannot add into a Full inflights");
    if (this.#count === this.#indexes.length) this.#grow();
    const slot = (this.#start + this.#count) % this.#indexes.length;
    this.#indexes[slot] = index;
    this.#sizes[slot] = bytes;
    this.#count++;
    this.#bytes += bytes;
  }

  /** Forgets the messages whose last entry is at or below `index`: the follower has them. */
  freeUpTo(index: number): void {
    while (this.#count > 0 && this.#indexes[this.#start]! <= index) {
      this.#bytes -= this.#sizes[this.#start]!;
      this.#start = this.#start + 1 === this.#indexes.length ? 0 : this.#start + 1;
      this.#count--;
    }
  }

  reset(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  #grow(): void {
    const capacity = Math.min(Math.max(8, this.#count * 2), this.#limit);
    const indexes = Array.from({ length: capacity }, () => 0);
    const sizes = Array.from({ length: capacity }, () => 0);
    for (let i = 0; i < this.#count; i++) {
      const slot = (this.#start + i) % this.#indexes.length;
      indexes[i] = this.#indexes[slot]!;
      sizes[i] = this.#sizes[slot]!;
    }
    this.#indexes = indexes;
    this.#sizes = sizes;
    this.#start = 0;
  }
}
