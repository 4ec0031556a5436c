import type { Clock } from "./clock.ts";

/** Bytes of a record that cost as much as another step. */
const STEP_BYTES: number = 16 * 1024;

/** What reading a record costs, in steps of a slice: one for itself, and one for so many of its bytes. */
export function recordSteps(bytes: number): number {
  return 1 + Math.floor(bytes / STEP_BYTES);
}

/**
 * Cuts long work into stretches after which the rest of the program gets its turn:
 *
 *     const slice = new Slice(clock, 4, 64);
 *     for (const item of items) {
 *       work(item);
 *       if (slice.isOver()) await slice.next();
 *     }
 */
export class Slice {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #stepsPerLook: number;
  #stepsLeft: number;
  #end: number;

  /**
   * Begins the first stretch.
   *
   * @param ms length of a stretch; `Infinity` for one without an end
   * @param stepsPerLook steps between two looks at the clock. Default 1
   */
  constructor(clock: Clock, ms: number, stepsPerLook = 1) {
    this.#clock = clock;
    this.#ms = ms;
    this.#stepsPerLook = stepsPerLook;
    this.#stepsLeft = stepsPerLook;
    this.#end = clock.monotonic() + ms;
  }

  /** Counts work that has been done, a step or so many; true when it is time to stop. */
  isOver(steps = 1): boolean {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft > 0) return false;
    this.#stepsLeft = this.#stepsPerLook;
    return this.#clock.monotonic() >= this.#end;
  }

  /** Lets the rest of the program run, then begins the next stretch. */
  async next(): Promise<void> {
    await this.#clock.yield();
    this.#stepsLeft = this.#stepsPerLook;
    this.#end = this.#clock.monotonic() + this.#ms;
  }
}

/** Runs work to its end; where a stretch is over after a step, the rest of the program gets its turn. */
export async function inSlices<T>(slice: Slice, work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (slice.isOver()) await slice.next();
  }
}
