import { majorityIndex, type VoteResult } from "./majority.ts";

/**
 * The highest index that a majority of both halves has acknowledged (paper, section 6). Outside a
 * membership change the second half is empty and does not count.
 */
export function jointIndex(incoming: number[], outgoing: number[]): number {
  return Math.min(majorityIndex(incoming), majorityIndex(outgoing));
}

/** The outcome of an election that both halves must win. */
export function jointVote(incoming: VoteResult, outgoing: VoteResult): VoteResult {
  if (incoming === outgoing) return incoming;
  if (incoming === "lost" || outgoing === "lost") return "lost";
  return "pending";
}
