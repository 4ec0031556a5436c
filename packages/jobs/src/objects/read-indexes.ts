/** Text that is no list of indexes; the message is Kubernetes'. */
export class IndexesProblem extends Error {
  override readonly name = "IndexesProblem";
}

function readIndex(text: string, completions: number): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new IndexesProblem(`cannot convert string to integer for index: "${text}"`);
  }
  const index = Number(text);
  if (index >= completions) throw new IndexesProblem(`too large index: "${text}"`);
  return index;
}

function checkRising(previous: number, current: number): void {
  if (previous >= current) {
    throw new IndexesProblem(`non-increasing order, previous: ${previous}, current: ${current}`);
  }
}

/** First and last of each interval of `1,3-5,7`, all below `completions`. Raises `IndexesProblem`. */
export function readIntervals(text: string, completions: number): [first: number, last: number][] {
  const intervals: [number, number][] = [];
  for (const part of text === "" ? [] : text.split(",")) {
    const ends = part.split("-");
    if (ends.length > 2) {
      throw new IndexesProblem(
        `the fragment "${part}" violates the requirement that an index interval can have at most two parts separated by '-'`,
      );
    }
    const first = readIndex(ends[0] ?? "", completions);
    const last = ends[1] === undefined ? first : readIndex(ends[1], completions);
    if (ends[1] !== undefined) checkRising(first, last);
    const before = intervals.at(-1);
    if (before !== undefined) checkRising(before[1], first);
    intervals.push([first, last]);
  }
  return intervals;
}

/** How many indexes `1,3-5,7` names. Raises `IndexesProblem`. */
export function readIndexes(text: string, completions: number): number {
  return readIntervals(text, completions).reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
