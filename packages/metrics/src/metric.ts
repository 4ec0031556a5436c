import type { Histogram } from "./histogram.ts";

/** Label names and values. */
export type Labels = Readonly<Record<string, string>>;

/** One line of a metric. */
export interface Sample {
  /** What follows the metric's name, such as `_bucket`. */
  readonly suffix: string;
  readonly labels: Labels;
  readonly value: number;
}

/** A row of the exposition: what it is called, and how its samples are read when somebody asks. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** None: the metric is left out. */
  samples(): Iterable<Sample>;
}

/** A number, none (undefined), or one for each combination of labels. */
type Reading = number | undefined | Iterable<readonly [Labels, number]>;

/** What only rises; `read` answers the total so far. */
export function counter(name: string, help: string, read: () => Reading): Metric {
  return { name, help, type: "counter", samples: () => samples(read()) };
}

/** What rises and falls. */
export function gauge(name: string, help: string, read: () => Reading): Metric {
  return { name, help, type: "gauge", samples: () => samples(read()) };
}

/** Distributions, one for each combination of labels. */
export function histogram(
  name: string,
  help: string,
  read: () => Iterable<readonly [Labels, Histogram]>,
): Metric {
  return { name, help, type: "histogram", samples: () => distributions(read()) };
}

function* samples(reading: Reading): Generator<Sample> {
  if (reading === undefined) return;
  if (typeof reading === "number") yield { suffix: "", labels: {}, value: reading };
  else for (const [labels, value] of reading) yield { suffix: "", labels, value };
}

function* distributions(series: Iterable<readonly [Labels, Histogram]>): Generator<Sample> {
  for (const [labels, distribution] of series) {
    const counts = distribution.cumulative();
    for (const [place, value] of counts.entries()) {
      const le = String(distribution.bounds[place] ?? "+Inf");
      yield { suffix: "_bucket", labels: { ...labels, le }, value };
    }
    yield { suffix: "_sum", labels, value: distribution.sum };
    yield { suffix: "_count", labels, value: counts.at(-1)! };
  }
}
