/** A set of completion indexes, as sorted ranges that do not touch: `0,2-4` is [[0, 0], [2, 4]]. */
export type Indexes = readonly (readonly [first: number, last: number])[];

export const NO_INDEXES: Indexes = [];

/** Reads `1,3-5,7`. Indexes from `below` on, and what cannot be read, are left out. */
export function parseIndexes(text: string | undefined, below: number): Indexes {
  const found: [number, number][] = [];
  for (const part of (text ?? "").split(",")) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (range === null) continue;
    const first = Number(range[1]);
    const last = Math.min(Number(range[2] ?? range[1]), below - 1);
    if (first <= last) found.push([first, last]);
  }
  return normal(found);
}

export function indexesOf(values: Iterable<number>): Indexes {
  return normal(Array.from(values, (value) => [value, value]));
}

export function joinIndexes(a: Indexes, b: Indexes): Indexes {
  return b.length === 0 ? a : normal([...a, ...b]);
}

function normal(ranges: (readonly [number, number])[]): Indexes {
  const joined: [number, number][] = [];
  for (const [first, last] of ranges.sort((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before === undefined || first > before[1] + 1) joined.push([first, last]);
    else before[1] = Math.max(before[1], last);
  }
  return joined;
}

export function countIndexes(indexes: Indexes): number {
  return indexes.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** How many indexes both sets have. */
export function countCommon(a: Indexes, b: Indexes): number {
  let sum = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [x, y] = [a[i]!, b[j]!];
    sum += Math.max(0, Math.min(x[1], y[1]) - Math.max(x[0], y[0]) + 1);
    if (x[1] < y[1]) i++;
    else j++;
  }
  return sum;
}

export function hasIndex(indexes: Indexes, index: number): boolean {
  let [low, high] = [0, indexes.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = indexes[middle]!;
    if (index < first) high = middle - 1;
    else if (index > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** The first `count` indexes below `below` that are not in the set. */
export function missingIndexes(indexes: Indexes, count: number, below: number): number[] {
  const found: number[] = [];
  let next = 0;
  for (const [first, last] of [...indexes, [below, below] as const]) {
    for (; next < Math.min(first, below) && found.length < count; next++) found.push(next);
    next = Math.max(next, last + 1);
  }
  return found;
}

/** As a status shows them. Two neighbours are a range too: `0,1` is `0,1`, as Kubernetes writes it. */
export function formatIndexes(indexes: Indexes): string {
  return indexes
    .map(([first, last]) => {
      if (first === last) return `${first}`;
      return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
    })
    .join(",");
}
