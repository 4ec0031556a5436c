import { SAMPLES } from "../limits.ts";
import type { Sample } from "./sample.ts";

/**
 * Samples in order of time. When there are too many, every second one of the older half goes: what
 * is long ago is kept coarser and coarser, and a month still fits.
 */
export class Series {
  #samples: Sample[] = [];
  readonly #max: number;

  constructor(max: number = SAMPLES) {
    this.#max = max;
  }

  get all(): readonly Sample[] {
    return this.#samples;
  }

  get last(): Sample | undefined {
    return this.#samples.at(-1);
  }

  /** Adds a sample; one that is older than the last (a clock set back) is dropped. */
  add(sample: Sample): void {
    if (this.last !== undefined && sample.cluster !== this.last.cluster) this.#samples = [];
    if (sample.at <= (this.last?.at ?? 0)) return;
    this.#samples.push(sample);
    if (this.#samples.length <= this.#max) return;
    const half = this.#samples.length >> 1;
    this.#samples = this.#samples.filter((_, at) => at >= half || at % 2 === 0);
  }

  /** Samples from a wall time on. */
  since(at: number): readonly Sample[] {
    const from = this.#samples.findIndex((sample) => sample.at >= at);
    return from < 0 ? [] : this.#samples.slice(from);
  }

  /** The last sample at or before a wall time. */
  at(wanted: number): Sample | undefined {
    let low = 0;
    let high = this.#samples.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#samples[middle]!.at <= wanted) low = middle + 1;
      else high = middle;
    }
    return this.#samples[low - 1];
  }
}

/** `count` values in equal steps from `from` to `to`; null where no sample lies in a step. */
export function inSteps(
  samples: readonly Sample[],
  from: number,
  to: number,
  count: number,
  value: (sample: Sample) => number | undefined,
): (number | null)[] {
  const steps: (number | null)[] = Array.from({ length: count }, () => null);
  for (const sample of samples) {
    const at = Math.min(count - 1, Math.floor(((sample.at - from) / (to - from)) * count));
    const held = value(sample);
    if (at < 0 || held === undefined) continue;
    steps[at] = Math.max(steps[at] ?? Number.NEGATIVE_INFINITY, held);
  }
  return steps;
}
