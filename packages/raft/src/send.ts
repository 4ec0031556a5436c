import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { broken } from "./errors.ts";
import { isVoteMessage, messageTypeName, promisesDurability } from "./message.ts";
import type { RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/**
 * Queues a message for the next `Ready`, with this node as sender (unless it forwards another's) and
 * its term.
 *
 * Acknowledgements and votes wait for the write of everything unstable now: a vote must not be known
 * before it is durable, nor an entry count before it is (thesis, section 3.8). Rejections wait as
 * well: they are rare, and may rest on unstable state too.
 */
export function send(raft: RaftState, message: RaftMessage): void {
  const { type } = message;
  if (message.from === NO_NODE) message.from = raft.id;
  if (isVoteMessage(type)) {
    if (message.term === 0) broken(`term should be set when sending ${messageTypeName(type)}`);
  } else {
    if (message.term !== 0) {
      broken(`term should not be set when sending ${messageTypeName(type)} (was ${message.term})`);
    }
    // Proposals and reads are the proposer's own, whatever the term: they carry none.
    if (type !== MessageType.MsgProp && type !== MessageType.MsgReadIndex) message.term = raft.term;
  }
  if (promisesDurability(type)) {
    raft.messagesAfterAppend.push(message);
    return;
  }
  if (message.to === raft.id) {
    broken(`message should not be self-addressed when sending ${messageTypeName(type)}`);
  }
  raft.messages.push(message);
}

/** Sends what another node or the caller sent here on to the leader. The original is not changed. */
export function forwardToLeader(raft: RaftState, message: RaftMessage): void {
  send(raft, { ...message, to: raft.leader, term: 0 });
}
