import type { FreeSpans, Span } from "./free-spans.ts";

/**
 * bbolt's freelist type `array`: runs in order of page id, the lowest that fits is taken. Files stay
 * dense at the front; finding a long run walks over all short ones before it, and a release is a
 * merge of two sorted lists.
 */
export class ArrayFreeSpans implements FreeSpans {
  #starts: number[] = [];
  #lengths: number[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  allocate(length: number): number {
    const at = this.#lengths.findIndex((free) => free >= length);
    if (at < 0) return 0;
    const start = this.#starts[at]!;
    if (this.#lengths[at] === length) {
      this.#starts.splice(at, 1);
      this.#lengths.splice(at, 1);
    } else {
      this.#starts[at]! += length;
      this.#lengths[at]! -= length;
    }
    this.#count -= length;
    return start;
  }

  add(spans: readonly Span[]): void {
    if (spans.length === 0) return;
    const starts: number[] = [];
    const lengths: number[] = [];
    const append = (start: number, length: number): void => {
      const last = starts.length - 1;
      if (last >= 0 && starts[last]! + lengths[last]! === start) lengths[last]! += length;
      else {
        starts.push(start);
        lengths.push(length);
      }
    };
    let at = 0;
    for (const span of spans) {
      for (; at < this.#starts.length && this.#starts[at]! < span.start; at++) {
        append(this.#starts[at]!, this.#lengths[at]!);
      }
      append(span.start, span.length);
      this.#count += span.length;
    }
    for (; at < this.#starts.length; at++) append(this.#starts[at]!, this.#lengths[at]!);
    this.#starts = starts;
    this.#lengths = lengths;
  }

  takeEnd(end: number): number {
    const last = this.#starts.length - 1;
    if (last < 0 || this.#starts[last]! + this.#lengths[last]! !== end) return end;
    this.#count -= this.#lengths.pop()!;
    return this.#starts.pop()!;
  }

  spans(): Span[] {
    return this.#starts.map((start, at) => ({ start, length: this.#lengths[at]! }));
  }
}
