import type { Clock } from "@nodetcd/runtime";
import { SLICE_MS, STEPS_PER_LOOK } from "./limits.ts";

/**
 * Cuts long work into stretches of about `SLICE_MS`:
 *
 *     const slice = new Slice(clock);
 *     for (const item of items) {
 *       work(item);
 *       if (slice.isOver()) await slice.next();
 *     }
 */
export class Slice {
  readonly #clock: Clock;
  #steps = 0;
  #end: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#end = clock.monotonic() + SLICE_MS;
  }

  /** Counts a step; looks at the clock once in `STEPS_PER_LOOK` of them. */
  isOver(): boolean {
    if (++this.#steps % STEPS_PER_LOOK !== 0) return false;
    return this.#clock.monotonic() >= this.#end;
  }

  /** Lets the rest of the program run, then begins the next stretch. */
  async next(): Promise<void> {
    await this.#clock.yield();
    this.#end = this.#clock.monotonic() + SLICE_MS;
  }
}
