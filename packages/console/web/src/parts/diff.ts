/** A line of a difference: kept, taken away, added, or a number of kept lines that are not shown. */
export interface DiffLine {
  readonly kind: "same" | "del" | "add" | "skip";
  readonly text: string;
  /** Line number on the side where it stands. */
  readonly at: number;
}

/** Lines compared at most, on each side, after equal beginnings and ends are taken off. */
const MAX_LINES = 2_000;
const CONTEXT = 2;

/**
 * The lines by which two texts differ, with two lines around: the longest common subsequence. Texts that
 * differ in more than 2,000 lines are told apart as a whole.
 */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split("\n");
  const b = after.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail))
    tail++;
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail), head);
  const all: DiffLine[] = [
    ...a.slice(0, head).map((text, at) => ({ kind: "same" as const, text, at: at + 1 })),
    ...middle,
    ...b
      .slice(b.length - tail)
      .map((text, at) => ({ kind: "same" as const, text, at: b.length - tail + at + 1 })),
  ];
  return withoutFar(all);
}

function between(a: readonly string[], b: readonly string[], offset: number): DiffLine[] {
  const del = (at: number): DiffLine => ({ kind: "del", text: a[at]!, at: offset + at + 1 });
  const add = (at: number): DiffLine => ({ kind: "add", text: b[at]!, at: offset + at + 1 });
  if (a.length > MAX_LINES || b.length > MAX_LINES) {
    return [...a.map((_, at) => del(at)), ...b.map((_, at) => add(at))];
  }
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: b[j]!, at: offset + j + 1 });
      i++;
      j++;
    } else if (
      j >= b.length ||
      (i < a.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)
    ) {
      lines.push(del(i++));
    } else lines.push(add(j++));
  }
  return lines;
}

/** Kept lines that are far from any change become one line that counts them. */
function withoutFar(all: readonly DiffLine[]): DiffLine[] {
  const near = new Set<number>();
  all.forEach(({ kind }, at) => {
    if (kind === "same") return;
    for (let around = at - CONTEXT; around <= at + CONTEXT; around++) near.add(around);
  });
  const lines: DiffLine[] = [];
  let skipped = 0;
  const flush = (): void => {
    if (skipped > 0) {
      lines.push({
        kind: "skip",
        text: `${skipped} ${skipped === 1 ? "line" : "lines"} the same`,
        at: 0,
      });
    }
    skipped = 0;
  };
  all.forEach((line, at) => {
    if (near.has(at)) {
      flush();
      lines.push(line);
    } else skipped++;
  });
  flush();
  return lines;
}
