import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { newMessage } from "./message.ts";
import { send } from "./send.ts";
import { hex, type RaftState } from "./state.ts";

/**
 * A follower takes the leader's entries if its log holds the one they follow on; else it says where
 * the two logs may still agree (paper, section 5.3).
 */
export function handleAppend(raft: RaftState, message: RaftMessage): void {
  const { log } = raft;
  if (message.index < log.committed) {
    acknowledge(raft, message.from, log.committed);
    return;
  }
  const last = log.maybeAppend(message.logTerm, message.index, message.entries, message.commit);
  if (last >= 0) acknowledge(raft, message.from, last);
  else reject(raft, message);
}

/** Tells the leader that the log holds everything up to `index`. */
export function acknowledge(raft: RaftState, leader: bigint, index: number): void {
  const response = newMessage(MessageType.MsgAppResp, leader);
  response.index = index;
  send(raft, response);
}

/**
 * The hint skips what cannot match: all of the leader's log up to the message has terms of at most
 * the message's, so of the own tail only what is at or below that term can be shared.
 *
 * ```
 *   index       1 2 3 4 5 6 7 8 9
 *   leader      1 3 3 3 3 3 3 3 7      probes at 8, whose term is 3
 *   follower    1 3 3 4 4 5 5 5 6      answers 3, the last at or below term 3
 * ```
 */
function reject(raft: RaftState, message: RaftMessage): void {
  const { log } = raft;
  raft.logger?.debug(
    `${hex(raft.id)} [logterm: ${Math.max(log.term(message.index), 0)}, index: ${message.index}] ` +
      `rejected MsgApp [logterm: ${message.logTerm}, index: ${message.index}] ` +
      `from ${hex(message.from)}`,
  );
  const from = Math.min(message.index, log.lastIndex());
  const hint = log.findConflictByTerm(from, message.logTerm);
  const response = newMessage(MessageType.MsgAppResp, message.from);
  response.index = message.index;
  response.reject = true;
  response.rejectHint = hint.index;
  response.logTerm = hint.term;
  send(raft, response);
}
