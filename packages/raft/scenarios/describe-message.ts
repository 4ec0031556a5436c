import {
  ConfChangeType,
  EntryType,
  MessageType,
  type ConfChangeSingle,
  type ConfState,
  type Entry,
  type RaftMessage,
  type RaftSnapshot,
} from "@nodetcd/messages";
import { confChangeOf } from "../src/membership/conf-change.ts";
import { quoteBytes } from "../src/quote.ts";
import { LOCAL_APPEND_THREAD, LOCAL_APPLY_THREAD, NO_NODE } from "../src/types.ts";

const TYPE_NAMES = Object.keys(MessageType);
const ENTRY_NAMES = Object.keys(EntryType);

/** `1->2 MsgApp Term:1 Log:1/2 Commit:2 Entries:[1/3 EntryNormal ""]` */
export function describeMessage(message: RaftMessage, indent = ""): string {
  let text =
    `${indent}${target(message.from)}->${target(message.to)} ${TYPE_NAMES[message.type]} ` +
    `Term:${message.term} Log:${message.logTerm}/${message.index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (message.commit !== 0) text += ` Commit:${message.commit}`;
  if (message.vote !== NO_NODE) text += ` Vote:${message.vote}`;
  const entries = message.entries.map(describeEntry);
  if (entries.length === 1) text += ` Entries:[${entries[0]}]`;
  else if (entries.length > 1) {
    text += ` Entries:[${entries.map((entry) => `\n${indent}  ${entry}`).join("")}\n${indent}]`;
  }
  if ((message.snapshot?.metadata?.index ?? 0) !== 0) {
    text += `\n${indent}  Snapshot: ${describeSnapshot(message.snapshot!)}`;
  }
  if (message.responses.length > 0) {
    const responses = message.responses.map((each) => `\n${describeMessage(each, `${indent}  `)}`);
    text += ` Responses:[${responses.join("")}\n${indent}]`;
  }
  return text;
}

function target(id: bigint): string {
  if (id === NO_NODE) return "None";
  if (id === LOCAL_APPEND_THREAD) return "AppendThread";
  if (id === LOCAL_APPLY_THREAD) return "ApplyThread";
  return id.toString(16);
}

/** `1/3 EntryNormal "foo"` */
export function describeEntry(entry: Entry): string {
  const change = confChangeOf(entry);
  const content = change === undefined ? quoteBytes(entry.data) : describeChanges(change.changes);
  const head = `${entry.term}/${entry.index} ${ENTRY_NAMES[entry.type]}`;
  return content === "" ? head : `${head} ${content}`;
}

/** One line an entry. */
export function describeEntries(entries: readonly Entry[]): string {
  return entries.map((entry) => `${describeEntry(entry)}\n`).join("");
}

const CHANGE_LETTERS: Readonly<Record<ConfChangeType, string>> = {
  [ConfChangeType.ConfChangeAddNode]: "v",
  [ConfChangeType.ConfChangeAddLearnerNode]: "l",
  [ConfChangeType.ConfChangeRemoveNode]: "r",
  [ConfChangeType.ConfChangeUpdateNode]: "u",
};

/** `v1 l4 r5` */
function describeChanges(changes: readonly ConfChangeSingle[]): string {
  return changes.map(({ type, nodeId }) => `${CHANGE_LETTERS[type]}${nodeId}`).join(" ");
}

/** The reverse of the above; raises an `Error` whose message scenarios print. */
export function parseChanges(text: string): ConfChangeSingle[] {
  const words = text
    .trim()
    .split(" ")
    .filter((word) => word !== "");
  return words.map((word) => {
    if (word.length < 2) throw new Error(`unknown token ${word}`);
    const type = Object.entries(CHANGE_LETTERS).find(([, letter]) => letter === word[0])?.[0];
    if (type === undefined) throw new Error(`unknown input: ${word}`);
    return { type: Number(type) as ConfChangeType, nodeId: BigInt(word.slice(1)) };
  });
}

/** `Index:3 Term:1 ConfState:Voters:[1 2] VotersOutgoing:[] Learners:[] ...` */
export function describeSnapshot(snapshot: RaftSnapshot): string {
  const { metadata } = snapshot;
  const state = describeConfState(metadata?.confState);
  return `Index:${metadata?.index ?? 0} Term:${metadata?.term ?? 0} ConfState:${state}`;
}

function describeConfState(state: ConfState | undefined): string {
  const list = (ids: readonly bigint[] = []): string => `[${ids.join(" ")}]`;
  return (
    `Voters:${list(state?.voters)} VotersOutgoing:${list(state?.votersOutgoing)} ` +
    `Learners:${list(state?.learners)} LearnersNext:${list(state?.learnersNext)} ` +
    `AutoLeave:${state?.autoLeave ?? false}`
  );
}
