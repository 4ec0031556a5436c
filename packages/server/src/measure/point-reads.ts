import type { Histogram } from "@nodetcd/metrics";
import type { Stopwatch } from "./stopwatch.ts";

/** Calls that share a look at the clock, at most. */
const STRETCH_CALLS = 16;

/**
 * Times calls that are answered before they return and take about a microsecond: too little for a look at
 * the clock each. The first call of a turn of the event loop has one of its own, those after it share one by sixteen;
 * what is left over at the end of the turn counts as the mean of those before it.
 */
export class PointReads {
  readonly #watch: Stopwatch;
  /** Get the seconds of each call. */
  readonly #observers: readonly Histogram[];
  /** Calls since the last look. */
  #pending = 0;
  #startMs = 0;
  #meanSeconds = 0;
  #looked = false;

  constructor(watch: Stopwatch, observers: readonly Histogram[]) {
    this.#watch = watch;
    this.#observers = observers;
  }

  /** Before a call. */
  begin(): void {
    const watch = this.#watch;
    if (!watch.isFresh) {
      this.settle();
      this.#looked = false;
    }
    if (this.#pending === 0) this.#startMs = watch.recent();
  }

  /** After it, if it was answered. */
  end(): void {
    this.#pending++;
    if (this.#looked && this.#pending < STRETCH_CALLS) return;
    this.#meanSeconds = (this.#watch.now() - this.#startMs) / 1000 / this.#pending;
    this.#looked = true;
    this.settle();
  }

  /** Counts the calls that wait to be counted. */
  settle(): void {
    if (this.#pending === 0) return;
    for (const buckets of this.#observers) buckets.observe(this.#meanSeconds, this.#pending);
    this.#pending = 0;
  }
}
