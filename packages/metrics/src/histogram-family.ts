import { Histogram } from "./histogram.ts";
import { histogram, type Labels, type Metric, type Sample } from "./metric.ts";

/** A histogram with one series for each combination of labels; made as they are needed. */
export class HistogramFamily implements Metric {
  readonly name: string;
  readonly help: string;
  readonly type = "histogram";
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, readonly [Labels, Histogram]>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
  }

  /** The series of these labels; keep it, this is not for hot paths. */
  series(labels: Labels = {}): Histogram {
    const key = JSON.stringify(labels);
    let found = this.#series.get(key);
    if (found === undefined) this.#series.set(key, (found = [labels, new Histogram(this.#bounds)]));
    return found[1];
  }

  /** Series that nothing was counted in are left out, but for one without labels. */
  samples(): Iterable<Sample> {
    const shown = [...this.#series.values()].filter(
      ([labels, { count }]) => count > 0 || Object.keys(labels).length === 0,
    );
    return histogram(this.name, this.help, () => shown).samples();
  }
}
