/** Lines that differ, once what is equal at both ends is left out: for "Write 2 changes". */
export function changedLines(before: string, after: string): number {
  if (before === after) return 0;
  const a = before.split("\n");
  const b = after.split("\n");
  const rest = new Map<string, number>();
  for (const line of a) rest.set(line, (rest.get(line) ?? 0) + 1);
  let added = 0;
  for (const line of b) {
    const left = rest.get(line) ?? 0;
    if (left > 0) rest.set(line, left - 1);
    else added++;
  }
  const removed = [...rest.values()].reduce((sum, left) => sum + left, 0);
  return Math.max(1, added, removed);
}
