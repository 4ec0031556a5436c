/** A run of pages: the first id and how many. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/** The pages that may be allocated now, kept as runs as long as possible. */
export interface FreeSpans {
  /** Number of free pages. */
  readonly count: number;
  /** Takes `length` contiguous pages; returns the first id, or 0 when there is no such run. */
  allocate(length: number): number;
  /** Adds runs that are sorted by start, do not overlap each other or what is free. */
  add(spans: readonly Span[]): void;
  /** Takes the run that ends before page `end`; returns its first id, or `end` when there is none. */
  takeEnd(end: number): number;
  /** All runs, sorted by start, no two adjacent. */
  spans(): Span[];
}

/** Sorts runs in place and joins adjacent ones. */
export function joinSpans(spans: Span[]): Span[] {
  spans.sort((a, b) => a.start - b.start);
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last !== undefined && last.start + last.length === span.start) {
      joined[joined.length - 1] = { start: last.start, length: last.length + span.length };
    } else joined.push(span);
  }
  return joined;
}
