import { Histogram } from "./histogram.ts";

/** Values of a label that are told apart. */
const VALUES_MAX = 256;
/** Stands for all values beyond. */
const OTHERS = "0";

/**
 * Something for each value of one label, where others choose the values: their number is bounded, what
 * is beyond counts as `0`.
 */
class Labelled<T> {
  readonly #make: () => T;
  readonly #values = new Map<string, T>();

  constructor(make: () => T) {
    this.#make = make;
  }

  entries(): IterableIterator<[string, T]> {
    return this.#values.entries();
  }

  of(label: string): T {
    const key = this.#values.has(label) || this.#values.size < VALUES_MAX ? label : OTHERS;
    let value = this.#values.get(key);
    if (value === undefined) this.#values.set(key, (value = this.#make()));
    return value;
  }
}

/** A number for each value of a label. */
export class LabelledNumber {
  readonly #cells = new Labelled(() => ({ value: 0 }));

  get(label: string): number {
    return this.#cells.of(label).value;
  }

  set(label: string, value: number): void {
    this.#cells.of(label).value = value;
  }

  add(label: string, by: number): void {
    this.#cells.of(label).value += by;
  }

  *entries(): Generator<[string, number]> {
    for (const [label, { value }] of this.#cells.entries()) yield [label, value];
  }
}

/** A distribution for each value of a label. */
export class LabelledHistogram {
  readonly #series: Labelled<Histogram>;

  /** @param bounds upper bounds, ascending */
  constructor(bounds: readonly number[]) {
    this.#series = new Labelled(() => new Histogram(bounds));
  }

  observe(label: string, value: number): void {
    this.#series.of(label).observe(value);
  }

  entries(): Iterable<[string, Histogram]> {
    return this.#series.entries();
  }
}
