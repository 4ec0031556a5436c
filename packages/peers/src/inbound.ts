import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { isLocalThread } from "@nodetcd/raft";

/** Messages that only a node itself may produce. */
const LOCAL: ReadonlySet<MessageType> = new Set([
  MessageType.MsgHup,
  MessageType.MsgBeat,
  MessageType.MsgUnreachable,
  MessageType.MsgSnapStatus,
  MessageType.MsgCheckQuorum,
  MessageType.MsgStorageAppend,
  MessageType.MsgStorageAppendResp,
  MessageType.MsgStorageApply,
  MessageType.MsgStorageApplyResp,
  MessageType.MsgForgetLeader,
]);

/** True when entries follow each other and none is of a later term than the message. */
function followsOn({ index, term, logTerm, entries }: RaftMessage): boolean {
  let lastTerm = logTerm;
  let expected = index;
  for (const entry of entries) {
    if (entry.index !== ++expected || entry.term < lastTerm || entry.term > term) return false;
    lastTerm = entry.term;
  }
  return true;
}

/**
 * Why a message cannot have been sent by a sound member; undefined when it can. Raft takes its peers for
 * sound and stops the process when what they say is impossible, so it must not hear of such.
 */
export function impossible(message: RaftMessage): string | undefined {
  const { type, from, to, term, index, commit, snapshot } = message;
  if (LOCAL.has(type)) return "a message that only a node itself may produce";
  if (from === 0n || isLocalThread(from) || isLocalThread(to)) return "a message without a sender";
  if (term < 0 || index < 0 || commit < 0 || message.logTerm < 0) return "a negative counter";
  if (message.responses.length > 0) return "a message with answers in it";
  if (type === MessageType.MsgApp && !followsOn(message))
    return "entries that do not follow each other";
  if (type === MessageType.MsgSnap && !(snapshot?.metadata && snapshot.metadata.index > 0)) {
    return "a snapshot of nothing";
  }
  return undefined;
}
