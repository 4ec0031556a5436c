import type { HardState } from "@nodetcd/messages";
import type { Configuration } from "./membership/configuration.ts";
import type { ProgressState } from "./progress/progress.ts";
import type { RaftState } from "./state.ts";
import type { SoftState } from "./types.ts";

/** A node at a glance; cheap to make. */
export interface BasicStatus extends SoftState {
  readonly id: bigint;
  /** Term, vote and commit as they are now; they may not be persisted yet. */
  readonly hardState: HardState;
  /** Index up to which the state machine has applied. */
  readonly applied: number;
  /** Whom leadership is being handed to; `0n` when nobody. */
  readonly transferee: bigint;
}

/** A copy of what the leader knows of one member; see `Progress` for what the fields mean. */
export interface ProgressStatus {
  readonly id: bigint;
  readonly match: number;
  readonly next: number;
  readonly state: ProgressState;
  readonly pendingSnapshot: number;
  readonly recentActive: boolean;
  readonly isPaused: boolean;
  readonly isLearner: boolean;
  /** Append messages on their way, and their data bytes. */
  readonly inflightMessages: number;
  readonly inflightBytes: number;
  /** The line that log and scenarios have. */
  readonly text: string;
}

export interface Status extends BasicStatus {
  readonly configuration: Configuration;
  /** Sorted by id; empty unless the node leads. */
  readonly progress: readonly ProgressStatus[];
}

export function hardStateOf(raft: RaftState): HardState {
  return { term: raft.term, vote: raft.vote, commit: raft.log.committed };
}

export function basicStatus(raft: RaftState): BasicStatus {
  return {
    id: raft.id,
    hardState: hardStateOf(raft),
    leader: raft.leader,
    role: raft.role,
    applied: raft.log.applied,
    transferee: raft.transferee,
  };
}

export function status(raft: RaftState): Status {
  const members = raft.role === "leader" ? raft.tracker.members : [];
  return {
    ...basicStatus(raft),
    configuration: raft.tracker.configuration,
    progress: members.map((member) => ({
      id: member.id,
      match: member.match,
      next: member.next,
      state: member.state,
      pendingSnapshot: member.pendingSnapshot,
      recentActive: member.recentActive,
      isPaused: member.isPaused,
      isLearner: member.isLearner,
      inflightMessages: member.inflights.count,
      inflightBytes: member.inflights.bytes,
      text: member.toString(),
    })),
  };
}
