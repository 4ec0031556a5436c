import type { Clock, Timer } from "@nodetcd/runtime";
import { type Duration, milliseconds } from "./duration.ts";

/** Turns of the loop after each timer: what it began, through the log and back, ends before the next one. */
const TURNS_PER_TIMER = 10;

interface Pending {
  due: number;
  readonly callback: () => void;
  real: Timer;
}

/**
 * The clock of a member and its client: real time, which a test can move on. Leases, elections, compactions, renewals and
 * deadlines go by it; clients on sockets do not.
 */
export class TestClock implements Clock {
  readonly #real: Clock;
  /** How far ahead of real time it is, in milliseconds. */
  #ahead = 0;
  readonly #pending = new Set<Pending>();

  /** @param real what it is without `advance` */
  constructor(real: Clock) {
    this.#real = real;
  }

  /**
   * Moves time on: what falls due on the way happens in order, each with time for its effects, as if one had waited. An hour takes
   * about two seconds; most of it are the member's ten ticks a second.
   */
  async advance(duration: Duration): Promise<void> {
    const end = this.monotonic() + milliseconds(duration, "duration");
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#ahead += Math.max(0, next.due - this.monotonic());
      next.real.cancel();
      this.#fire(next);
      await this.#settle();
    }
    this.#ahead += Math.max(0, end - this.monotonic());
    await this.#settle();
  }

  wallTime(): number {
    return this.#real.wallTime() + this.#ahead;
  }

  monotonic(): number {
    return this.#real.monotonic() + this.#ahead;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const fire = (): void => this.#fire(pending);
    const pending: Pending = {
      due: this.monotonic() + delayMs,
      callback,
      real: this.#real.setTimer(delayMs, fire),
    };
    this.#pending.add(pending);
    return {
      cancel: () => {
        this.#pending.delete(pending);
        pending.real.cancel();
      },
    };
  }

  setRepeating(intervalMs: number, callback: () => void): Timer {
    const again = (): void => {
      timer = this.setTimer(intervalMs, again);
      callback();
    };
    let timer = this.setTimer(intervalMs, again);
    return { cancel: () => timer.cancel() };
  }

  defer(callback: () => void): void {
    this.#real.defer(callback);
  }

  yield(): Promise<void> {
    return this.#real.yield();
  }

  #fire(pending: Pending): void {
    if (this.#pending.delete(pending)) pending.callback();
  }

  #earliest(end: number): Pending | undefined {
    let best: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.due <= end && (best === undefined || pending.due < best.due)) best = pending;
    }
    return best;
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < TURNS_PER_TIMER; turn++) await this.#real.yield();
  }
}
