import { counter, gauge, type Metric } from "@nodetcd/metrics";
import type { ApplyCounters } from "../apply/apply-entry.ts";
import type { MemberContext } from "../member-context.ts";
import type { ApplyMeter } from "../measure/apply-meter.ts";
import type { CallMeter } from "../measure/call-meter.ts";
import type { ReadyLoop } from "../persist/ready-loop.ts";
import type { InFlight } from "../propose/in-flight.ts";

/** The way of a proposal, and of a linearizable read. */
export interface RaftMeasured {
  readonly member: MemberContext;
  readonly loop: ReadyLoop;
  readonly calls: CallMeter;
  readonly applies: ApplyMeter;
  readonly applied: Readonly<ApplyCounters>;
  readonly inFlight: InFlight;
  /** The database of a leader's snapshot takes the place of this member's. */
  readonly isInstalling: () => boolean;
}

/** Leadership, proposals, and what went slowly or wrong on their way. */
export function raftMetrics(measured: RaftMeasured): Metric[] {
  const { member, loop, applied, inFlight } = measured;
  const { raft } = member;
  return [
    gauge(
      "etcd_server_has_leader",
      "Whether or not a leader exists. 1 is existence, 0 is not.",
      () => (raft.leader === 0n ? 0 : 1),
    ),
    gauge(
      "etcd_server_is_leader",
      "Whether or not this member is a leader. 1 if is, 0 otherwise.",
      () => (raft.isLeader ? 1 : 0),
    ),
    gauge(
      "etcd_server_is_learner",
      "Whether or not this member is a learner. 1 if is, 0 otherwise.",
      () => (raft.isLearner ? 1 : 0),
    ),
    counter(
      "etcd_server_leader_changes_seen_total",
      "The number of leader changes seen.",
      () => loop.leaderChanges,
    ),
    gauge(
      "etcd_server_proposals_committed_total",
      "The total number of consensus proposals committed.",
      () => raft.committedIndex,
    ),
    gauge(
      "etcd_server_proposals_applied_total",
      "The total number of consensus proposals applied.",
      () => member.applied.index,
    ),
    gauge(
      "etcd_server_proposals_pending",
      "The current number of pending proposals to commit.",
      () => inFlight.size,
    ),
    counter(
      "etcd_server_proposals_failed_total",
      "The total number of failed proposals seen.",
      () => inFlight.failed + applied.failed,
    ),
    ...slownessMetrics(measured),
  ];
}

/** What went slowly, or not at all. */
function slownessMetrics({ member, calls, applies, isInstalling }: RaftMeasured): Metric[] {
  return [
    counter(
      "etcd_server_slow_apply_total",
      "The total number of slow apply requests (likely overloaded from slow disk).",
      () => applies.slow + calls.slowReads,
    ),
    counter(
      "etcd_server_slow_read_indexes_total",
      "The total number of pending read indexes not in sync with leader's or timed out read index requests.",
      () => member.reads.slow,
    ),
    counter(
      "etcd_server_read_indexes_failed_total",
      "The total number of failed read indexes seen.",
      () => member.reads.failed,
    ),
    counter(
      "etcd_server_heartbeat_send_failures_total",
      "The total number of leader heartbeat send failures (likely overloaded from slow disk).",
      () => member.peers.heartbeats.late,
    ),
    gauge(
      "etcd_server_snapshot_apply_in_progress_total",
      "1 if the server is applying the incoming snapshot. 0 if none.",
      () => (isInstalling() ? 1 : 0),
    ),
  ];
}
