import type { Clock } from "@nodetcd/runtime";

const TWO_32 = 0x1_0000_0000;
/** 40 bits. */
const TIME_LIMIT = 2 ** 40;
/** 48 bits: 40 of milliseconds, 8 of a counter. */
const SUFFIX_LIMIT = 2 ** 48;

/**
 * A request's id on the wire is 64 bits: 16 of the member, then a suffix of 48 that starts at the
 * time of the boot and only grows, so that ids of one member never repeat, not even over restarts
 * (256 a millisecond on average would have to be used up first). Ids are kept as their suffix, a
 * plain number; the member's bits are constant.
 */
export class RequestIds {
  readonly #memberBits: number;
  #next: number;

  constructor(memberId: bigint, clock: Clock) {
    this.#memberBits = Number(memberId & 0xffffn);
    // Before 1970 the clock is negative, and no id may be.
    const time = ((clock.wallTime() % TIME_LIMIT) + TIME_LIMIT) % TIME_LIMIT;
    this.#next = (time * 256) % SUFFIX_LIMIT;
  }

  /** The next suffix. */
  next(): number {
    this.#next = (this.#next + 1) % SUFFIX_LIMIT;
    return this.#next;
  }

  /** Upper 32 bits of the id with this suffix. */
  high(suffix: number): number {
    return ((this.#memberBits << 16) | Math.floor(suffix / TWO_32)) >>> 0;
  }

  /** Lower 32 bits of the id with this suffix. */
  low(suffix: number): number {
    return suffix % TWO_32;
  }

  /** The id as it stands in messages. */
  full(suffix: number): bigint {
    return (BigInt(this.high(suffix)) << 32n) | BigInt(this.low(suffix));
  }

  /** The suffix of an id that this member has made, -1 for another member's. */
  suffixOf(high: number, low: number): number {
    if (high >>> 16 !== this.#memberBits) return -1;
    return (high & 0xffff) * TWO_32 + low;
  }
}
