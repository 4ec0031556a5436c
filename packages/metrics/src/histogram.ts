/** Bounds of a histogram: `count` of them, each `factor` times the one before. */
export function exponential(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start * factor ** i);
}

/** One series of a histogram: plain numbers, cheap enough for hot paths. */
export class Histogram {
  /** Upper bounds, ascending; what lies above all of them is counted too. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** Counts `value`, as often as `times` says. */
  observe(value: number, times = 1): void {
    const { bounds } = this;
    let place = 0;
    while (place < bounds.length && value > bounds[place]!) place++;
    this.#counts[place]! += times;
    this.sum += value * times;
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** How many values were at most each bound, and in the end how many there were. */
  cumulative(): number[] {
    let sum = 0;
    return this.#counts.map((count) => (sum += count));
  }
}
