import type { Clock } from "@nodetcd/runtime";
import { RequestError } from "../errors.ts";
import { LONG_READ_SLICE_MS } from "../limits.ts";

/**
 * FairQueue of the event loop for long work. However many works there are, one slice of one of them is done
 * in a turn, in the order they asked, so that together they hold up the others no longer than one does.
 */
export class FairQueue {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #planned = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Nobody waits: a first slice may be done in this turn. */
  get free(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves in the turn that is the caller's. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#clock.defer(() => {
      this.#planned = false;
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#plan();
    });
  }
}

/** The stretch of a turn of the loop that long work may use: what works in steps asks it when to end. */
export interface TimeSlice {
  /** Monotonic milliseconds at which it ends. */
  readonly until: number;
  readonly over: boolean;
}

/** One long work: does step after step, and gives way to the others when its slice is over. */
export class SlicedTask implements TimeSlice {
  readonly #queue: FairQueue;
  readonly #clock: Clock;
  readonly #isWanted: () => boolean;
  /** Monotonic milliseconds; -Infinity before the first slice. */
  #until = -Infinity;

  /**
   * Where nobody else is at work the first slice begins now.
   *
   * @param isWanted asked before each later slice: false ends the work
   */
  constructor(queue: FairQueue, clock: Clock, isWanted: () => boolean) {
    this.#queue = queue;
    this.#clock = clock;
    this.#isWanted = isWanted;
    if (queue.free) this.#until = clock.monotonic() + LONG_READ_SLICE_MS;
  }

  get until(): number {
    return this.#until;
  }

  get over(): boolean {
    return this.#clock.monotonic() >= this.#until;
  }

  /**
   * Calls `step` until it answers true, "done"; it should end by itself at `until`, monotonic milliseconds,
   * or when the work is `over`, but not before it got on. Raises `CALL_GONE` when it is not wanted any more.
   */
  async run(step: (until: number) => boolean): Promise<void> {
    for (;;) {
      if (this.over) {
        await this.#queue.next();
        if (!this.#isWanted()) throw new RequestError("CALL_GONE");
        this.#until = this.#clock.monotonic() + LONG_READ_SLICE_MS;
      }
      if (step(this.#until)) return;
    }
  }
  /** As `run`, for work that yields where it has looked and the slice may be over. */
  async finish<T>(steps: Generator<void, T>): Promise<T> {
    let result: { readonly value: T } | undefined;
    await this.run(() => {
      const step = steps.next();
      if (step.done === true) result = step;
      return result !== undefined;
    });
    return result!.value;
  }
}
