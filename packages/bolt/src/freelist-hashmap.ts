import type { FreeSpans, Span } from "./free-spans.ts";

/**
 * bbolt's freelist type `hashmap`: runs by size, by first page and by the page after the last. A run
 * of exactly the wanted size is found at once, else the smallest size above it is cut; a release
 * joins its neighbours without a walk. Where in the file the pages come from is left to chance.
 */
export class HashmapFreeSpans implements FreeSpans {
  readonly #startsByLength = new Map<number, Set<number>>();
  readonly #lengthByStart = new Map<number, number>();
  readonly #startByEnd = new Map<number, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  allocate(length: number): number {
    const size = this.#startsByLength.has(length) ? length : this.#smallestAbove(length);
    if (size === undefined) return 0;
    const [start] = this.#startsByLength.get(size)!;
    this.#remove(start!, size);
    if (size > length) this.#insert(start! + length, size - length);
    return start!;
  }

  add(spans: readonly Span[]): void {
    for (const span of spans) {
      let { start, length } = span;
      const before = this.#startByEnd.get(start);
      if (before !== undefined) {
        length += start - before;
        this.#remove(before, start - before);
        start = before;
      }
      const after = this.#lengthByStart.get(start + length);
      if (after !== undefined) {
        this.#remove(start + length, after);
        length += after;
      }
      this.#insert(start, length);
    }
  }

  takeEnd(end: number): number {
    const start = this.#startByEnd.get(end);
    if (start === undefined) return end;
    this.#remove(start, end - start);
    return start;
  }

  spans(): Span[] {
    const spans = Array.from(this.#lengthByStart, ([start, length]) => ({ start, length }));
    return spans.sort((a, b) => a.start - b.start);
  }

  #smallestAbove(length: number): number | undefined {
    let smallest: number | undefined;
    for (const size of this.#startsByLength.keys()) {
      if (size > length && (smallest === undefined || size < smallest)) smallest = size;
    }
    return smallest;
  }

  #insert(start: number, length: number): void {
    let starts = this.#startsByLength.get(length);
    if (starts === undefined) this.#startsByLength.set(length, (starts = new Set()));
    starts.add(start);
    this.#lengthByStart.set(start, length);
    this.#startByEnd.set(start + length, start);
    this.#count += length;
  }

  #remove(start: number, length: number): void {
    const starts = this.#startsByLength.get(length)!;
    starts.delete(start);
    if (starts.size === 0) this.#startsByLength.delete(length);
    this.#lengthByStart.delete(start);
    this.#startByEnd.delete(start + length);
    this.#count -= length;
  }
}
