import { MessageType, type Entry, type RaftMessage } from "@nodetcd/messages";
import { newMessage } from "./message.ts";
import type { Ready } from "./ready.ts";
import type { RaftState } from "./state.ts";
import { LOCAL_APPEND_THREAD, LOCAL_APPLY_THREAD } from "./types.ts";

/**
 * The write that a `Ready` asks for, as a message to the append thread; `undefined` when there is
 * nothing to write and nobody waits. Its responses are delivered once it is durable: the promises
 * made on it, and the word to this node itself that its entries are stable.
 *
 * That word comes last: the leader's own acknowledgement, before it, still finds the new entries in
 * the unstable log, where their terms are at hand.
 */
export function storageAppend(
  raft: RaftState,
  ready: Pick<Ready, "entries" | "hardState" | "snapshot">,
): RaftMessage | undefined {
  const { entries, hardState, snapshot } = ready;
  if (
    entries.length === 0 &&
    hardState === undefined &&
    snapshot === undefined &&
    raft.messagesAfterAppend.length === 0
  ) {
    return undefined;
  }
  const message = newMessage(MessageType.MsgStorageAppend, LOCAL_APPEND_THREAD);
  message.from = raft.id;
  message.entries = entries;
  if (hardState !== undefined) {
    message.term = hardState.term;
    message.vote = hardState.vote;
    message.commit = hardState.commit;
  }
  message.snapshot = snapshot;
  // Never the live list while it is empty: what it gets later promises a later write.
  if (raft.messagesAfterAppend.length > 0) message.responses = raft.messagesAfterAppend;
  const response = storageAppendResponse(raft, snapshot !== undefined ? ready : undefined);
  if (response !== undefined) message.responses = [...message.responses, response];
  return message;
}

/**
 * What tells this node, once everything handed out so far is written, that its log up to the present
 * end is stable; `undefined` when there is nothing to tell.
 *
 * It names the last entry of the whole log even if this write has none, and carries the term. A
 * response of an older term is ignored, because a write handed out later may overwrite the same
 * indexes: entries A1, then B1 of a newer term, then A1 again can all be under way, and the first
 * A1's response must not let the log be read from storage that will show B1. As every new term is
 * itself written, a response that is not ignored always follows.
 */
export function storageAppendResponse(
  raft: RaftState,
  withSnapshot: Pick<Ready, "snapshot"> | undefined,
): RaftMessage | undefined {
  const { log } = raft;
  const hasEntries = log.unstable.length > 0;
  const snapshot = withSnapshot?.snapshot;
  if (!hasEntries && snapshot === undefined) return undefined;
  const response = newMessage(MessageType.MsgStorageAppendResp, raft.id);
  response.from = LOCAL_APPEND_THREAD;
  response.term = raft.term;
  if (hasEntries) {
    response.index = log.lastIndex();
    response.logTerm = log.lastTerm();
  }
  response.snapshot = snapshot;
  return response;
}

/** Entries to apply, as a message to the apply thread, with the response that says they are. */
export function storageApply(raft: RaftState, entries: Entry[]): RaftMessage {
  const message = newMessage(MessageType.MsgStorageApply, LOCAL_APPLY_THREAD);
  message.from = raft.id;
  message.entries = entries;
  message.responses = [storageApplyResponse(raft, entries)];
  return message;
}

/** What tells this node that entries are applied. It has no term: committed is committed. */
export function storageApplyResponse(raft: RaftState, entries: Entry[]): RaftMessage {
  const response = newMessage(MessageType.MsgStorageApplyResp, raft.id);
  response.from = LOCAL_APPLY_THREAD;
  response.entries = entries;
  return response;
}
