import {
  ConfChange,
  ConfChangeV2,
  EntryType,
  MessageType,
  type ConfState,
  type Entry,
  type HardState,
  type RaftMessage,
  type RaftSnapshot,
} from "@nodetcd/messages";
import { concatBytes } from "@nodetcd/bytes";
import { isLocalThread } from "../src/types.ts";
import { describeMessage } from "./describe-message.ts";
import { describeReady } from "./describe-ready.ts";
import type { Group, ScenarioNode } from "./group.ts";

/** Does all duties of one `Ready`, or hands them to the local threads. */
export function processReady(group: Group, node: ScenarioNode): void {
  const ready = node.raw.ready();
  group.output.write(describeReady(ready));
  const async = node.config.asyncStorageWrites === true;
  if (!async) {
    persist(node, ready.hardState, ready.entries, ready.snapshot);
    applyEntries(node, ready.committedEntries);
  }
  for (const message of ready.messages) {
    if (!isLocalThread(message.to)) group.messages.push(message);
    else if (message.type === MessageType.MsgStorageAppend) node.appendWork.push(message);
    else node.applyWork.push(message);
  }
  if (!async) node.raw.advance();
}

/** Does the oldest piece of work of the append thread. */
export function processAppendThread(group: Group, node: ScenarioNode): void {
  const work = node.appendWork.shift();
  if (work === undefined) {
    group.output.write("no append work to perform");
    return;
  }
  finishWork(group, work, () => {
    const { term, vote, commit } = work;
    const empty = term === 0 && vote === 0n && commit === 0;
    persist(node, empty ? undefined : { term, vote, commit }, work.entries, work.snapshot);
  });
}

/** Does the oldest piece of work of the apply thread. */
export function processApplyThread(group: Group, node: ScenarioNode): void {
  const work = node.applyWork.shift();
  if (work === undefined) {
    group.output.write("no apply work to perform");
    return;
  }
  finishWork(group, work, () => applyEntries(node, work.entries));
}

function finishWork(group: Group, work: RaftMessage, action: () => void): void {
  group.output.write(`Processing:\n${describeMessage({ ...work, responses: [] })}\n`);
  action();
  group.output.write("Responses:\n");
  for (const response of work.responses) group.output.write(`${describeMessage(response)}\n`);
  group.messages.push(...work.responses);
}

function persist(
  node: ScenarioNode,
  hardState: HardState | undefined,
  entries: readonly Entry[],
  snapshot: RaftSnapshot | undefined,
): void {
  if (hardState !== undefined) node.storage.setHardState(hardState);
  if (snapshot !== undefined) {
    if (entries.length > 0) throw new Error("can't apply snapshot and entries at the same time");
    node.storage.applySnapshot(snapshot);
  } else {
    node.storage.append(entries);
  }
}

/** The state machine: each entry's data is appended to the state so far. */
function applyEntries(node: ScenarioNode, entries: readonly Entry[]): void {
  for (const entry of entries) {
    const last = node.history.at(-1)!;
    let update = entry.data;
    let confState: ConfState | undefined;
    if (entry.type !== EntryType.EntryNormal) {
      const change =
        entry.type === EntryType.EntryConfChange
          ? ConfChange.decode(entry.data)
          : ConfChangeV2.decode(entry.data);
      update = change.context;
      confState = node.raw.applyConfChange(change);
    }
    node.history.push({
      data: concatBytes([last.data, update]),
      metadata: {
        confState: confState ?? last.metadata?.confState,
        index: entry.index,
        term: entry.term,
      },
    });
  }
}
