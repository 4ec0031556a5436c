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

/** Label names and values in the order in which they are printed. */
export type Labels = Readonly<Record<string, string>>;

/** A histogram with one series for each combination of labels; made as they are needed. */
export class HistogramFamily {
  readonly name: string;
  readonly help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, { readonly labels: Labels; readonly buckets: Histogram }>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
  }

  /** The series of these labels; keep it, this is not for hot paths. */
  series(labels: Labels = {}): Histogram {
    const key = JSON.stringify(labels);
    let found = this.#series.get(key);
    if (found === undefined) {
      found = { labels, buckets: new Histogram(this.#bounds) };
      this.#series.set(key, found);
    }
    return found.buckets;
  }

  /**
   * In Prometheus' text format. Series that nothing was counted in are left out, but for one without
   * labels.
   */
  text(): string {
    const lines = [`# HELP ${this.name} ${this.help}`, `# TYPE ${this.name} histogram`];
    for (const { labels, buckets } of this.#series.values()) {
      const counts = buckets.cumulative();
      const total = counts.at(-1) ?? 0;
      const isPlain = Object.keys(labels).length === 0;
      if (total === 0 && !isPlain) continue;
      for (const [place, count] of counts.entries()) {
        const le = place < this.#bounds.length ? String(this.#bounds[place]) : "+Inf";
        lines.push(`${this.name}_bucket${labelText({ ...labels, le })} ${count}`);
      }
      lines.push(`${this.name}_sum${labelText(labels)} ${buckets.sum}`);
      lines.push(`${this.name}_count${labelText(labels)} ${total}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

/** `{a="1",b="2"}`, or nothing without labels. */
function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}
