import type { RaftSnapshot } from "@nodetcd/messages";
import { isRaftError } from "./errors.ts";
import { snapshotIndex } from "./log-unstable.ts";
import { leaveJointEntry } from "./membership/conf-change.ts";
import { describeConfiguration } from "./membership/configuration.ts";
import { proposeAsLeader } from "./proposal.ts";
import type { RaftState } from "./state.ts";

/** The caller has applied entries up to `index`, of `bytes` encoded and `payload` data bytes. */
export function entriesApplied(
  raft: RaftState,
  index: number,
  bytes: number,
  payload: number,
): void {
  appliedTo(raft, index, bytes);
  // What was proposed elsewhere counts as well, so the sum is a lower bound: stop at zero.
  raft.uncommittedBytes = Math.max(raft.uncommittedBytes - payload, 0);
}

/** The caller has applied a snapshot. */
export function snapshotApplied(raft: RaftState, snapshot: RaftSnapshot): void {
  const index = snapshotIndex(snapshot);
  raft.log.unstable.stableSnapshotTo(index);
  appliedTo(raft, index, 0);
}

function appliedTo(raft: RaftState, index: number, bytes: number): void {
  const applied = Math.max(index, raft.log.applied);
  raft.log.appliedTo(applied, bytes);
  if (
    raft.role === "leader" &&
    raft.tracker.configuration.autoLeave &&
    applied >= raft.pendingConfIndex
  ) {
    leaveJointConfiguration(raft);
  }
}

/**
 * The joint configuration is committed and applied: propose to leave it. While leadership is being
 * handed over that is refused; then it is tried again with what is applied next, or by the next
 * leader.
 */
function leaveJointConfiguration(raft: RaftState): void {
  const text = describeConfiguration(raft.tracker.configuration);
  try {
    proposeAsLeader(raft, [leaveJointEntry()]);
  } catch (error) {
    if (!isRaftError(error, "PROPOSAL_DROPPED")) throw error;
    raft.logger?.debug(
      `not initiating automatic transition out of joint configuration ${text}: ${String(error)}`,
    );
    return;
  }
  raft.logger?.info(`initiating automatic transition out of joint configuration ${text}`);
}
