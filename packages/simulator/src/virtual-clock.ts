import type { Timer } from "@nodetcd/runtime";
import { SingleTimerClock } from "./single-timer-clock.ts";
import { type PendingTimer, TimerHeap } from "./timer-heap.ts";

/**
 * A clock that stands still until it is advanced. Callbacks run inside `advance`, in the order of
 * their times, and those of one time in the order in which they were set.
 */
export class VirtualClock extends SingleTimerClock {
  #now: number;
  readonly #wallStart: number;
  #order = 0;
  readonly #timers = new TimerHeap();
  #pending = 0;

  /** @param wallStart what `wallTime` says at the start, milliseconds since 1970 */
  constructor(wallStart = 1_700_000_000_000) {
    super();
    this.#now = 0;
    this.#wallStart = wallStart;
  }

  monotonic(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#wallStart + this.#now;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const due = this.#now + Math.max(0, delayMs);
    const timer: PendingTimer = { due, order: this.#order++, callback, isCancelled: false };
    this.#timers.add(timer);
    this.#pending++;
    const cancel = (): void => {
      if (!timer.isCancelled) this.#pending--;
      timer.isCancelled = true;
    };
    return { cancel };
  }

  get pendingTimers(): number {
    return this.#pending;
  }

  /** Moves time on by `ms`, running what falls due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#earliest(end); timer !== undefined; timer = this.#earliest(end)) {
      this.#run(timer);
    }
    this.#now = end;
  }

  /** Moves time on to the next timer and runs that one alone. False: there is none. */
  runNext(): boolean {
    const timer = this.#earliest(Infinity);
    if (timer === undefined) return false;
    this.#run(timer);
    return true;
  }

  /** When the next timer falls due, on the monotonic clock; Infinity without one. */
  get nextDue(): number {
    return this.#earliest(Infinity)?.due ?? Infinity;
  }

  /**
   * As `advance`, but in steps of at most `stepMs`, letting promises settle in between: for code
   * that awaits what a timer resolved and then sets the next timer.
   */
  async advanceAsync(ms: number, stepMs = 1): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.advance(Math.min(stepMs, left));
      for (let i = 0; i < 8; i++) await Promise.resolve();
    }
  }

  #run(timer: PendingTimer): void {
    this.#timers.removeFirst();
    this.#pending--;
    // It is over: to cancel it from now on does nothing.
    timer.isCancelled = true;
    this.#now = Math.max(this.#now, timer.due);
    timer.callback();
  }

  /** One that is set for Infinity never comes. */
  #earliest(end: number): PendingTimer | undefined {
    const { first } = this.#timers;
    return first === undefined || first.due > end || first.due === Infinity ? undefined : first;
  }
}
