import { ConfState, RaftSnapshot, type RaftMessage } from "@nodetcd/messages";
import { acknowledge } from "./append-receive.ts";
import { snapshotIndex } from "./log-unstable.ts";
import { restoreConfiguration } from "./switch-membership.ts";
import { becomeFollower } from "./role.ts";
import { hex, type RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/** A follower takes the leader's snapshot, or says how far it is committed without it. */
export function handleSnapshot(raft: RaftState, message: RaftMessage): void {
  const snapshot = message.snapshot ?? RaftSnapshot.create();
  const restored = restoreSnapshot(raft, snapshot);
  if (raft.logger !== undefined) {
    const verb = restored ? "restored" : "ignored";
    raft.logger.info(
      `${hex(raft.id)} [commit: ${raft.log.committed}] ${verb} ${describe(snapshot)}`,
    );
  }
  acknowledge(raft, message.from, restored ? raft.log.lastIndex() : raft.log.committed);
}

/** Replaces log and configuration. False when the snapshot is of no use. */
function restoreSnapshot(raft: RaftState, snapshot: RaftSnapshot): boolean {
  const { log, logger } = raft;
  const index = snapshotIndex(snapshot);
  const term = snapshot.metadata?.term ?? 0;
  const confState = snapshot.metadata?.confState ?? ConfState.create();
  if (index <= log.committed) return false;
  if (raft.role !== "follower") {
    // Never seen; but a leader that took one would lead with a log that is not its own.
    logger?.warning(`${hex(raft.id)} attempted to restore snapshot as leader; should never happen`);
    becomeFollower(raft, raft.term + 1, NO_NODE);
    return false;
  }
  if (!isIn(confState, raft.id)) {
    logger?.warning(
      `${hex(raft.id)} attempted to restore snapshot but it is not in the ConfState; ` +
        `should never happen`,
    );
    return false;
  }
  if (log.matches(term, index)) {
    logger?.info(`${describeLog(raft)} fast-forwarded commit to ${describe(snapshot)}`);
    log.commitTo(index);
    return false;
  }
  log.restore(snapshot);
  restoreConfiguration(raft, confState);
  logger?.info(`${describeLog(raft)} restored ${describe(snapshot)}`);
  return true;
}

/** Everybody in `learnersNext` is an outgoing voter as well. */
function isIn(confState: ConfState, id: bigint): boolean {
  const { voters, learners, votersOutgoing } = confState;
  return voters.includes(id) || learners.includes(id) || votersOutgoing.includes(id);
}

function describeLog(raft: RaftState): string {
  const { log } = raft;
  return (
    `${hex(raft.id)} [commit: ${log.committed}, lastindex: ${log.lastIndex()}, ` +
    `lastterm: ${log.lastTerm()}]`
  );
}

function describe(snapshot: RaftSnapshot): string {
  return `snapshot [index: ${snapshotIndex(snapshot)}, term: ${snapshot.metadata?.term ?? 0}]`;
}
