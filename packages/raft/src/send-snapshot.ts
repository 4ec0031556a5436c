import { MessageType, type RaftMessage, type RaftSnapshot } from "@nodetcd/messages";
import { broken, isRaftError } from "./errors.ts";
import { snapshotIndex } from "./log-unstable.ts";
import { newMessage } from "./message.ts";
import type { Progress } from "./progress/progress.ts";
import { send } from "./send.ts";
import { hex, type RaftState } from "./state.ts";

/**
 * Sends a follower the newest snapshot and pauses appends to it, unless it was not heard of lately or
 * no snapshot is to be had now.
 *
 * @returns true when it was sent
 */
export function maybeSendSnapshot(raft: RaftState, progress: Progress): boolean {
  const { logger } = raft;
  const to = hex(progress.id);
  if (!progress.recentActive) {
    logger?.debug(`ignore sending snapshot to ${to} since it is not recently active`);
    return false;
  }
  const snapshot = readSnapshot(raft);
  if (snapshot === undefined) {
    logger?.debug(
      `${hex(raft.id)} failed to send snapshot to ${to} because snapshot is temporarily unavailable`,
    );
    return false;
  }
  const index = snapshotIndex(snapshot);
  if (index === 0) broken("need non-empty snapshot");
  if (logger !== undefined) {
    const first = raft.log.firstIndex();
    const term = snapshot.metadata?.term ?? 0;
    logger.debug(
      `${hex(raft.id)} [firstindex: ${first}, commit: ${raft.log.committed}] sent ` +
        `snapshot[index: ${index}, term: ${term}] to ${to} [${progress.toString()}]`,
    );
  }
  progress.becomeSnapshot(index);
  logger?.debug(
    `${hex(raft.id)} paused sending replication messages to ${to} [${progress.toString()}]`,
  );
  const message = newMessage(MessageType.MsgSnap, progress.id);
  message.snapshot = snapshot;
  send(raft, message);
  return true;
}

function readSnapshot(raft: RaftState): RaftSnapshot | undefined {
  const { unstable, storage } = raft.log;
  if (unstable.snapshot !== undefined) return unstable.snapshot;
  try {
    return storage.snapshot();
  } catch (error) {
    if (isRaftError(error, "SNAPSHOT_TEMPORARILY_UNAVAILABLE")) return undefined;
    throw error;
  }
}

/** The caller reports what became of a snapshot: appends resume, by a probe after the next word. */
export function handleSnapshotStatus(
  raft: RaftState,
  progress: Progress,
  message: RaftMessage,
): void {
  if (progress.state !== "snapshot") return;
  // A snapshot that failed is no base to probe from.
  if (message.reject) progress.pendingSnapshot = 0;
  progress.becomeProbe();
  raft.logger?.debug(
    `${hex(raft.id)} snapshot ${message.reject ? "failed" : "succeeded"}, resumed sending ` +
      `replication messages to ${hex(message.from)} [${progress.toString()}]`,
  );
  // After success the follower's own acknowledgement comes first; after failure a heartbeat.
  progress.paused = true;
}
