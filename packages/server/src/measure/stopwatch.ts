import type { Clock } from "@nodetcd/runtime";

/** Of how many ends that may be sampled one looks at the clock. */
const SAMPLE = 8;

/**
 * The monotonic clock, in milliseconds, for what begins and ends by the hundred in one turn of the event
 * loop: a look at the clock costs 40 ns, so a beginning takes over the last look of the same turn.
 */
export class Stopwatch {
  readonly #clock: Clock;
  #last = 0;
  #fresh = false;
  #sampled = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the clock was looked at in this turn. */
  get isFresh(): boolean {
    return this.#fresh;
  }

  /** The time of the last `now` of this turn, or now: where something begins. */
  recent(): number {
    return this.#fresh ? this.#last : this.now();
  }

  /** The time at one of the last `SAMPLE` calls of this turn: where what ends is short, and many end. */
  sampled(): number {
    return this.#fresh && ++this.#sampled % SAMPLE !== 0 ? this.#last : this.now();
  }

  /** The time: where something ends. */
  now(): number {
    this.#last = this.#clock.monotonic();
    if (!this.#fresh) {
      this.#fresh = true;
      this.#clock.defer(() => (this.#fresh = false));
    }
    return this.#last;
  }
}
