/** What the votes cast so far mean for an election. */
export type VoteResult = "pending" | "won" | "lost";

/** Smallest number of members that any two majorities of `size` members share one of. */
export function majorityOf(size: number): number {
  return (size >>> 1) + 1;
}

/**
 * The highest index that a majority has acknowledged (paper, section 5.3).
 *
 * @param acked one number a voter, 0 where nothing is known; sorted in place
 * @returns `Infinity` for no voters, so that an empty half never holds back a joint quorum
 */
export function majorityIndex(acked: number[]): number {
  const size = acked.length;
  if (size === 0) return Infinity;
  if (size === 1) return acked[0]!;
  sortAscending(acked);
  return acked[size - majorityOf(size)]!;
}

/**
 * The outcome among `size` voters of whom some have voted.
 * No voters win, so that an empty half never holds back a joint quorum.
 */
export function majorityVote(size: number, granted: number, rejected: number): VoteResult {
  if (size === 0) return "won";
  const needed = majorityOf(size);
  if (granted >= needed) return "won";
  return size - rejected >= needed ? "pending" : "lost";
}

/** Insertion sort: quorums are a handful, and `Array.sort` would compare them as texts. */
function sortAscending(values: number[]): void {
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    let hole = i;
    for (; hole > 0 && values[hole - 1]! > value; hole--) values[hole] = values[hole - 1]!;
    values[hole] = value;
  }
}
