import type { HardState } from "@nodetcd/messages";
import type { Ready } from "../src/ready.ts";
import type { ReadState, Role } from "../src/types.ts";
import { describeEntries, describeMessage, describeSnapshot } from "./describe-message.ts";

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  follower: "StateFollower",
  "pre-candidate": "StatePreCandidate",
  candidate: "StateCandidate",
  leader: "StateLeader",
};

/** Everything in a `Ready`, a line for each thing. */
export function describeReady(ready: Ready): string {
  let text = "";
  if (ready.softState !== undefined) {
    text += `Lead:${ready.softState.leader} State:${ROLE_NAMES[ready.softState.role]}\n`;
  }
  if (ready.hardState !== undefined) text += `HardState ${describeHardState(ready.hardState)}\n`;
  if (ready.readStates.length > 0) {
    text += `ReadStates [${ready.readStates.map(describeReadState).join(" ")}]\n`;
  }
  if (ready.entries.length > 0) text += `Entries:\n${describeEntries(ready.entries)}`;
  if (ready.snapshot !== undefined) text += `Snapshot ${describeSnapshot(ready.snapshot)}\n`;
  if (ready.committedEntries.length > 0) {
    text += `CommittedEntries:\n${describeEntries(ready.committedEntries)}`;
  }
  if (ready.messages.length > 0) {
    text += `Messages:\n${ready.messages.map((each) => `${describeMessage(each)}\n`).join("")}`;
  }
  return text === "" ? "<empty Ready>" : `Ready MustSync=${ready.mustSync}:\n${text}`;
}

function describeHardState({ term, vote, commit }: HardState): string {
  return `Term:${term}${vote === 0n ? "" : ` Vote:${vote}`} Commit:${commit}`;
}

/** `{11 [114 49]}`: index, and the bytes in decimal. */
function describeReadState({ index, context }: ReadState): string {
  return `{${index} [${[...context].join(" ")}]}`;
}
