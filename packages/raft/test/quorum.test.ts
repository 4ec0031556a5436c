import { describe, expect, test } from "vitest";
import { jointIndex, jointVote } from "../src/quorum/joint.ts";
import { majorityIndex, majorityVote, type VoteResult } from "../src/quorum/majority.ts";

/** All tuples of `length` from `values`. */
function* tuples<T>(values: readonly T[], length: number): Generator<T[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const rest of tuples(values, length - 1)) for (const value of values) yield [...rest, value];
}

/** By the definition: the highest index that more than half of the voters hold. */
function naiveIndex(acked: readonly number[]): number {
  if (acked.length === 0) return Infinity;
  for (let index = Math.max(...acked); ; index--) {
    if (acked.filter((each) => each >= index).length * 2 > acked.length) return index;
  }
}

type Vote = "yes" | "no" | "none";

function wins(votes: readonly Vote[]): boolean {
  return votes.length === 0 || votes.filter((vote) => vote === "yes").length * 2 > votes.length;
}

/** By the definition: decided when no way of casting the missing votes changes the outcome. */
function naiveVote(incoming: readonly Vote[], outgoing: readonly Vote[], ids: Ids): VoteResult {
  const missing = ids.all.filter((id) => ids.vote(id, incoming, outgoing) === "none");
  let canWin = false;
  let canLose = false;
  for (const cast of tuples<Vote>(["yes", "no"], missing.length)) {
    const full = (id: number): Vote => {
      const at = missing.indexOf(id);
      return at >= 0 ? cast[at]! : ids.vote(id, incoming, outgoing);
    };
    if (wins(ids.incoming.map(full)) && wins(ids.outgoing.map(full))) canWin = true;
    else canLose = true;
  }
  return canWin && canLose ? "pending" : canWin ? "won" : "lost";
}

interface Ids {
  readonly incoming: readonly number[];
  readonly outgoing: readonly number[];
  readonly all: readonly number[];
  vote(id: number, incoming: readonly Vote[], outgoing: readonly Vote[]): Vote;
}

function count(votes: readonly Vote[], which: Vote): number {
  return votes.filter((vote) => vote === which).length;
}

function majority(votes: readonly Vote[]): VoteResult {
  return majorityVote(votes.length, count(votes, "yes"), count(votes, "no"));
}

describe("majorityIndex", () => {
  test("equals the definition for up to 7 voters with indexes 0 to 3, in any order", () => {
    for (let size = 0; size <= 7; size++) {
      for (const acked of tuples([0, 1, 2, 3], size)) {
        expect(majorityIndex([...acked]), acked.join()).toBe(naiveIndex(acked));
      }
    }
  });
});

describe("majorityVote", () => {
  test("equals the definition for every vote of up to 7 voters", () => {
    for (let size = 0; size <= 7; size++) {
      const all = Array.from({ length: size }, (_, i) => i);
      const ids: Ids = { incoming: all, outgoing: [], all, vote: (id, votes) => votes[id]! };
      for (const votes of tuples<Vote>(["yes", "no", "none"], size)) {
        expect(majority(votes), votes.join()).toBe(naiveVote(votes, [], ids));
      }
    }
  });
});

describe("joint quorum", () => {
  const members = [0, 1, 2, 3];
  const halves = Array.from({ length: 16 }, (_, bits) => members.filter((id) => bits & (1 << id)));

  test("jointIndex is what both halves hold, for all pairs of halves of 4 members", () => {
    for (const incoming of halves) {
      for (const outgoing of halves) {
        for (const acked of tuples([0, 1, 2], 4)) {
          const of = (half: readonly number[]): number[] => half.map((id) => acked[id]!);
          const expected = Math.min(naiveIndex(of(incoming)), naiveIndex(of(outgoing)));
          expect(jointIndex(of(incoming), of(outgoing))).toBe(expected);
        }
      }
    }
  });

  test("jointVote equals the definition, as exactly as each half can be told alone", () => {
    for (const incoming of halves) {
      for (const outgoing of halves) {
        const all = members.filter((id) => incoming.includes(id) || outgoing.includes(id));
        for (const cast of tuples<Vote>(["yes", "no", "none"], 4)) {
          const ids: Ids = { incoming, outgoing, all, vote: (id) => cast[id]! };
          const of = (half: readonly number[]): Vote[] => half.map((id) => cast[id]!);
          const result = jointVote(majority(of(incoming)), majority(of(outgoing)));
          const exact = naiveVote([], [], ids);
          // Each half alone may still be open when together they cannot be won any more.
          if (result !== exact) expect([result, exact]).toEqual(["pending", "lost"]);
        }
      }
    }
  });
});
