import { assert } from "./assert.ts";

/** Slots that a map keeps for its next entries however few it has. */
const SLOTS_KEPT = 1_024;

/**
 * A map whose keys only rise, as the ids of streams and requests do. In steady use it allocates nothing, however
 * short its entries live. V8's `Map` makes a new table every few deletions; one that has grown old and is
 * replaced refers to all tables after it, so that short-lived entries survive until a full collection.
 *
 * Keys 3, 5, 9, 11 with 3 and 9 deleted are
 *
 *     keys      3  5  9  11
 *     values    -  e  -  e
 *                  ^start    ^end
 */
export class MonotonicMap<T> {
  /** Rising between `start` and `end`; a deleted entry's key stays until gaps are closed. */
  #keys: number[] = [];
  #values: (T | undefined)[] = [];
  /** The first and, less one, the last slot in use: never those of deleted entries. */
  #start = 0;
  #end = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): T | undefined {
    const slot = this.#find(key);
    return slot < 0 ? undefined : this.#values[slot];
  }

  /** @param key a safe integer, above that of every entry there is */
  add(key: number, value: T): void {
    assert(
      this.#size === 0 || key > this.#keys[this.#end - 1]!,
      `MonotonicMap.add: ${key} is not above all keys`,
    );
    if (this.#end === this.#keys.length && this.#size <= this.#end / 2) this.#closeGaps();
    this.#keys[this.#end] = key;
    this.#values[this.#end] = value;
    this.#end++;
    this.#size++;
  }

  /** Takes an entry out; undefined when there is none. */
  delete(key: number): T | undefined {
    const slot = this.#find(key);
    const value = slot < 0 ? undefined : this.#values[slot];
    if (value === undefined) return undefined;
    this.#values[slot] = undefined;
    this.#size--;
    if (this.#size === 0) this.#startAnew();
    else {
      while (this.#values[this.#start] === undefined) this.#start++;
      while (this.#values[this.#end - 1] === undefined) this.#end--;
      const slots = this.#keys.length;
      if (slots > SLOTS_KEPT && this.#size < slots / 8) this.#shrink();
    }
    return value;
  }

  /** The lowest key; undefined when the map is empty. */
  firstKey(): number | undefined {
    return this.#size === 0 ? undefined : this.#keys[this.#start];
  }

  /** What is in the map now, by rising keys. */
  values(): T[] {
    const slots = this.#values.slice(this.#start, this.#end);
    return slots.filter((value): value is T => value !== undefined);
  }

  clear(): void {
    this.#values.fill(undefined, this.#start, this.#end);
    this.#size = 0;
    this.#startAnew();
  }

  /** No value is left: the slots are used again from the first on. */
  #startAnew(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#keys.length <= SLOTS_KEPT) return;
    this.#keys = [];
    this.#values = [];
  }

  /** The slot of a key, of a deleted entry's perhaps; -1 for none. */
  #find(key: number): number {
    const keys = this.#keys;
    let low = this.#start;
    let high = this.#end - 1;
    if (low <= high && keys[low] === key) return low;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = keys[middle]!;
      if (found === key) return middle;
      if (found < key) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Few are left of a crowd: gives the memory of the others back. */
  #shrink(): void {
    this.#closeGaps();
    this.#keys = this.#keys.slice(0, this.#end);
    this.#values = this.#values.slice(0, this.#end);
  }

  #closeGaps(): void {
    let to = 0;
    for (let from = this.#start; from < this.#end; from++) {
      const value = this.#values[from];
      if (value === undefined) continue;
      this.#keys[to] = this.#keys[from]!;
      this.#values[to] = value;
      to++;
    }
    this.#values.fill(undefined, to, this.#end);
    this.#start = 0;
    this.#end = to;
  }
}
