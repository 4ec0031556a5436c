/** A key that is written much. */
export interface TopKey {
  readonly key: Uint8Array;
  /** Changes that were counted, at most `error` too many. */
  readonly count: number;
  readonly error: number;
  /** Bytes of keys and values that were written while it was counted. */
  readonly bytes: number;
  /** Lease of the newest version, 0n for none: its owner is who writes. */
  readonly lease: bigint;
}

type Counter = { -readonly [K in keyof TopKey]: TopKey[K] };

/**
 * The most frequent keys of a stream in constant memory: the Space-Saving algorithm of Metwally, Agrawal and El Abbadi
 * (2005). A key that is not counted takes the place of the least counted one and inherits its count as an error, so what
 * has more than a `capacity`th of all changes is never missed.
 */
export class TopKeys {
  readonly #capacity: number;
  readonly #counters = new Map<string, Counter>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** `name` is the key as Latin-1. */
  add(name: string, key: Uint8Array, bytes: number, lease: bigint): void {
    const known = this.#counters.get(name);
    if (known !== undefined) {
      known.count++;
      known.bytes += bytes;
      known.lease = lease;
      return;
    }
    let error = 0;
    if (this.#counters.size >= this.#capacity) {
      const [least, counter] = this.#least();
      this.#counters.delete(least);
      error = counter.count;
    }
    const counter = { key: Uint8Array.from(key), count: error + 1, error, bytes, lease };
    this.#counters.set(name, counter);
  }

  /** Most written first; what may be an error alone is left out. */
  most(number: number): TopKey[] {
    return [...this.#counters.values()]
      .filter(({ count, error }) => count > error * 2)
      .toSorted((a, b) => b.count - a.count)
      .slice(0, number);
  }

  #least(): [string, Counter] {
    let found: [string, Counter] | undefined;
    for (const entry of this.#counters) {
      if (found === undefined || entry[1].count < found[1].count) found = entry;
    }
    return found!;
  }
}
