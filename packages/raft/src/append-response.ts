import type { RaftMessage } from "@nodetcd/messages";
import { broadcastAppend, maybeCommit, maybeSendAppend } from "./append.ts";
import type { Progress } from "./progress/progress.ts";
import { releaseEarlyReads } from "./read-index.ts";
import { hex, type RaftState } from "./state.ts";
import { maybeFinishTransfer } from "./transfer-leader.ts";

/** A member answered an append; the leader itself does so when its own write is done. */
export function handleAppendResponse(
  raft: RaftState,
  progress: Progress,
  response: RaftMessage,
): void {
  progress.recentActive = true;
  if (response.reject) handleRejection(raft, progress, response);
  else handleAcknowledgement(raft, progress, response.index);
}

/**
 * Steps back to where the logs may agree. Among the leader's entries, those with a term above the
 * one the follower has at its hint cannot be in the follower's log, for terms never fall along a log:
 *
 * ```
 *   index       1 2 3 4 5 6 7 8 9
 *   leader      1 3 3 3 5 5 5 5 5      was refused at 9
 *   follower    1 1 1 1 2 2            hints index 6, term 2: the leader probes at 1, not at 6
 * ```
 *
 * So there is at most one probe for each term in the leader's log.
 */
function handleRejection(raft: RaftState, progress: Progress, response: RaftMessage): void {
  const { logger } = raft;
  const from = hex(response.from);
  logger?.debug(
    `${hex(raft.id)} received MsgAppResp(rejected, hint: (index ${response.rejectHint}, ` +
      `term ${response.logTerm})) from ${from} for index ${response.index}`,
  );
  let next = response.rejectHint;
  if (response.logTerm > 0) {
    next = raft.log.findConflictByTerm(response.rejectHint, response.logTerm).index;
  }
  if (!progress.maybeDecreaseTo(response.index, next)) return;
  logger?.debug(`${hex(raft.id)} decreased progress of ${from} to [${progress.toString()}]`);
  if (progress.state === "replicate") progress.becomeProbe();
  maybeSendAppend(raft, progress, true);
}

function handleAcknowledgement(raft: RaftState, progress: Progress, index: number): void {
  // An answer to a probe is news even if the index is not: the follower is there again.
  const probed = progress.state === "probe" && progress.match === index;
  if (!progress.maybeUpdate(index) && !probed) return;
  resumeReplication(raft, progress, index);

  const isSelf = progress === raft.tracker.self;
  if (maybeCommit(raft)) {
    releaseEarlyReads(raft);
    broadcastAppend(raft);
  } else if (!isSelf && progress.canBumpCommit(raft.log.committed)) {
    maybeSendAppend(raft, progress, true);
  }
  if (isSelf) return;
  // The window may have opened for several messages.
  while (maybeSendAppend(raft, progress, false));
  maybeFinishTransfer(raft, progress);
}

function resumeReplication(raft: RaftState, progress: Progress, index: number): void {
  if (progress.state === "replicate") {
    progress.inflights.freeUpTo(index);
  } else if (progress.state === "probe") {
    progress.becomeReplicate();
  } else if (progress.match + 1 >= raft.log.firstIndex()) {
    // Whatever snapshot it got, and from whom: the log follows on it.
    raft.logger?.debug(
      `${hex(raft.id)} recovered from needing snapshot, resumed sending replication messages ` +
        `to ${hex(progress.id)} [${progress.toString()}]`,
    );
    progress.becomeProbe();
    progress.becomeReplicate();
  }
}

/** The transport lost touch with a member: an append is likely lost, so probe. */
export function handleUnreachable(raft: RaftState, progress: Progress): void {
  if (progress.state === "replicate") progress.becomeProbe();
  const to = hex(progress.id);
  raft.logger?.debug(
    `${hex(raft.id)} failed to send message to ${to} because it is unreachable ` +
      `[${progress.toString()}]`,
  );
}
