import type { Clock } from "@nodetcd/runtime";

/**
 * The monotonic clock, in milliseconds, for what begins and ends by the hundred in one turn of the event
 * loop: a look at the clock costs 40 ns, so a beginning takes over the last look of the same turn.
 */
export class Stopwatch {
  readonly #clock: Clock;
  #last = 0;
  #fresh = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The time of the last `now` of this turn, or now: where something begins. */
  recent(): number {
    return this.#fresh ? this.#last : this.now();
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
