import { sortedIds } from "../src/membership/configuration.ts";
import { jointIndex, jointVote } from "../src/quorum/joint.ts";
import { majorityIndex, majorityVote, type VoteResult } from "../src/quorum/majority.ts";
import { valuesOf } from "./arguments.ts";
import type { Directive } from "./parse.ts";

/** A number a voter; those who have said nothing are left out. */
type Words = ReadonlyMap<bigint, number>;

/** `committed cfg=(1,2) cfgj=(2,3) idx=(5,_,7)` and `vote cfg=(1,2,3) votes=(y,n,_)`. */
export function runQuorumCommand(directive: Directive): string {
  const half = (key: string): bigint[] =>
    sortedIds((valuesOf(directive, key) ?? []).filter((id) => id !== "zero").map(BigInt));
  const order = [...(valuesOf(directive, "cfg") ?? []), ...(valuesOf(directive, "cfgj") ?? [])];
  const incoming = half("cfg");
  const outgoing = half("cfgj");
  const joint = valuesOf(directive, "cfgj") !== undefined;
  const voting = directive.command === "vote";
  const given = valuesOf(directive, voting ? "votes" : "idx") ?? [];
  const everybody = sortedIds([...incoming, ...outgoing]);
  const numbers = given.map((word) => (word === "y" ? 2 : word === "n" ? 1 : Number(word) || 0));
  if (everybody.length !== given.length) {
    return (
      `error: mismatched input (explicit or _) for voters map[${everybody.join(" ")}]: ` +
      `[${numbers.join(" ")}]`
    );
  }
  const words = assign(order.filter((id) => id !== "zero").map(BigInt), numbers);
  if (voting) return `${VOTE_NAMES[voteOf(incoming, outgoing, words)]}\n`;
  if (directive.command !== "committed") return "unknown command";
  const index = jointIndex(acked(incoming, words), acked(outgoing, words));
  const checks = joint ? "" : checkMajority(incoming, words, index);
  return `${describeQuorum(everybody, words)}${checks}${describeIndex(index)}\n`;
}

const VOTE_NAMES: Readonly<Record<VoteResult, string>> = {
  pending: "VotePending",
  lost: "VoteLost",
  won: "VoteWon",
};

/** Hands out the words in the order in which voters are first named; 0 is no word. */
function assign(order: readonly bigint[], numbers: readonly number[]): Words {
  const words = new Map<bigint, number>();
  let next = 0;
  for (const id of order) if (!words.has(id)) words.set(id, numbers[next++] ?? 0);
  return new Map([...words].filter(([, word]) => word !== 0));
}

function acked(voters: readonly bigint[], words: Words): number[] {
  return voters.map((id) => words.get(id) ?? 0);
}

function voteOf(incoming: bigint[], outgoing: bigint[], words: Words): VoteResult {
  const count = (voters: bigint[], word: number): number =>
    voters.filter((id) => words.get(id) === word).length;
  const half = (voters: bigint[]): VoteResult =>
    majorityVote(voters.length, count(voters, 2), count(voters, 1));
  return jointVote(half(incoming), half(outgoing));
}

/** Other ways to the same index; a line for each that leads elsewhere. */
function checkMajority(voters: readonly bigint[], words: Words, index: number): string {
  let text = "";
  const own = (): number[] => acked(voters, words);
  const counted = own().filter(
    (candidate) => own().filter((other) => other >= candidate).length * 2 > voters.length,
  );
  const expected = voters.length === 0 ? Infinity : Math.max(0, ...counted);
  if (expected !== index) text += `${describeIndex(expected)} <-- via alternative computation\n`;
  if (jointIndex(own(), []) !== index) text += `${index} <-- via zero-joint quorum\n`;
  if (jointIndex(own(), own()) !== index) text += `${index} <-- via self-joint quorum\n`;
  voters.forEach((id, i) => {
    const word = words.get(id) ?? 0;
    if (word === 0 || word >= index) return;
    for (const lower of [word - 1, 0]) {
      const changed = majorityIndex(own().with(i, lower));
      if (changed !== index) text += `${changed} <-- overlaying ${id}->${lower}`;
    }
  });
  return text;
}

/** A bar for each voter, the longer the higher its index; equal indexes have equal bars. */
function describeQuorum(voters: readonly bigint[], words: Words): string {
  const size = voters.length;
  if (size === 0) return "<empty majority quorum>";
  let text = `${" ".repeat(size)}    idx\n`;
  for (const id of voters) {
    const word = words.get(id);
    const lower = voters.filter((other) => (words.get(other) ?? 0) < (word ?? 0)).length;
    const bar = word === undefined ? "?" : `${"x".repeat(lower)}>`;
    text += `${bar.padEnd(size + 1)} ${String(word ?? 0).padStart(5)}    (id=${id.toString(16)})\n`;
  }
  return text;
}

function describeIndex(index: number): string {
  return index === Infinity ? "∞" : String(index);
}
