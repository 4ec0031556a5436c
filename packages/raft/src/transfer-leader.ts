import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { maybeSendAppend } from "./append.ts";
import { newMessage } from "./message.ts";
import type { Progress } from "./progress/progress.ts";
import { forwardToLeader, send } from "./send.ts";
import { hex, type RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/**
 * The leader hands its leadership to another (thesis, section 3.10): proposals are dropped, the
 * transferee is brought up to date and then told to campaign at once. Given up after an election
 * timeout.
 */
export function handleTransferLeader(
  raft: RaftState,
  progress: Progress,
  message: RaftMessage,
): void {
  const { logger } = raft;
  const id = hex(raft.id);
  const to = hex(message.from);
  if (progress.isLearner) {
    logger?.debug(`${id} is learner. Ignored transferring leadership`);
    return;
  }
  const last = raft.transferee;
  if (last !== NO_NODE) {
    if (last === message.from) {
      logger?.info(
        `${id} [term ${raft.term}] transfer leadership to ${to} is in progress, ` +
          `ignores request to same node ${to}`,
      );
      return;
    }
    raft.transferee = NO_NODE;
    logger?.info(
      `${id} [term ${raft.term}] abort previous transferring leadership to ${hex(last)}`,
    );
  }
  if (message.from === raft.id) {
    logger?.debug(`${id} is already leader. Ignored transferring leadership to self`);
    return;
  }
  logger?.info(`${id} [term ${raft.term}] starts to transfer leadership to ${to}`);
  raft.electionElapsed = 0;
  raft.transferee = message.from;
  if (progress.match === raft.log.lastIndex()) {
    sendTimeoutNow(raft, message.from);
    logger?.info(
      `${id} sends MsgTimeoutNow to ${to} immediately as ${to} already has up-to-date log`,
    );
  } else {
    maybeSendAppend(raft, progress, true);
  }
}

/** The transferee may have caught up by what it just acknowledged. */
export function maybeFinishTransfer(raft: RaftState, progress: Progress): void {
  if (progress.id !== raft.transferee || progress.match !== raft.log.lastIndex()) return;
  const to = hex(progress.id);
  raft.logger?.info(`${hex(raft.id)} sent MsgTimeoutNow to ${to} after received MsgAppResp`);
  sendTimeoutNow(raft, progress.id);
}

function sendTimeoutNow(raft: RaftState, to: bigint): void {
  send(raft, newMessage(MessageType.MsgTimeoutNow, to));
}

/** A follower passes the wish on. */
export function forwardTransferLeader(raft: RaftState, message: RaftMessage): void {
  if (raft.leader === NO_NODE) {
    raft.logger?.info(
      `${hex(raft.id)} no leader at term ${raft.term}; dropping leader transfer msg`,
    );
    return;
  }
  forwardToLeader(raft, message);
}
