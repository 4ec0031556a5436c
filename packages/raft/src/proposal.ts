import { EntryType, type ConfChangeV2, type Entry, type RaftMessage } from "@nodetcd/messages";
import { appendEntries, broadcastAppend } from "./append.ts";
import { normalEntry } from "./entry.ts";
import { RaftError } from "./errors.ts";
import { confChangeOf, describeConfChange } from "./membership/conf-change.ts";
import { describeConfiguration, isJoint } from "./membership/configuration.ts";
import { forwardToLeader } from "./send.ts";
import { hex, type RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/**
 * The leader appends what was proposed and sends it to its followers. The entries are fresh: they
 * are stamped in place.
 *
 * @throws RaftError PROPOSAL_DROPPED when empty or not readable, when this node is no member or hands
 *   its leadership over, and beyond the bound on uncommitted bytes
 */
export function proposeAsLeader(raft: RaftState, entries: Entry[]): void {
  if (entries.length === 0 || raft.tracker.self === undefined)
    throw new RaftError("PROPOSAL_DROPPED");
  if (raft.transferee !== NO_NODE) {
    raft.logger?.debug(
      `${hex(raft.id)} [term ${raft.term}] transfer leadership to ${hex(raft.transferee)} ` +
        `is in progress; dropping proposal`,
    );
    throw new RaftError("PROPOSAL_DROPPED");
  }
  for (let i = 0; i < entries.length; i++) {
    if (entries[i]!.type !== EntryType.EntryNormal)
      entries[i] = admitConfChange(raft, entries[i]!, i);
  }
  if (!appendEntries(raft, entries)) throw new RaftError("PROPOSAL_DROPPED");
  broadcastAppend(raft);
}

/**
 * A membership change may enter the log only when none before it is unapplied and it fits the active
 * configuration; else an empty entry takes its place.
 *
 * @param position of the entry among those proposed
 */
function admitConfChange(raft: RaftState, entry: Entry, position: number): Entry {
  const change = decode(entry);
  const { configuration } = raft.tracker;
  const joint = isJoint(configuration);
  const leaves = change.changes.length === 0;
  let problem: string | undefined;
  if (raft.pendingConfIndex > raft.log.applied) {
    problem =
      `possible unapplied conf change at index ${raft.pendingConfIndex} ` +
      `(applied to ${raft.log.applied})`;
  } else if (joint && !leaves) {
    problem = "must transition out of joint config first";
  } else if (!joint && leaves) {
    problem = "not in joint state; refusing empty conf change";
  }
  if (problem !== undefined && !raft.config.disableConfChangeValidation) {
    raft.logger?.info(
      `${hex(raft.id)} ignoring conf change ${describeConfChange(change)} ` +
        `at config ${describeConfiguration(configuration)}: ${problem}`,
    );
    return normalEntry();
  }
  raft.pendingConfIndex = raft.log.lastIndex() + position + 1;
  return entry;
}

/** A follower may have forwarded anything: what cannot be read never enters the log. */
function decode(entry: Entry): ConfChangeV2 {
  try {
    const change = confChangeOf(entry);
    if (change !== undefined) return change;
  } catch {
    // Falls through to the refusal.
  }
  throw new RaftError("PROPOSAL_DROPPED");
}

/**
 * A follower passes a proposal on to the leader.
 *
 * @throws RaftError PROPOSAL_DROPPED without a leader, or when forwarding is off
 */
export function proposeAsFollower(raft: RaftState, message: RaftMessage): void {
  if (raft.leader === NO_NODE) dropWithoutLeader(raft);
  if (raft.config.disableProposalForwarding) {
    raft.logger?.info(
      `${hex(raft.id)} not forwarding to leader ${hex(raft.leader)} at term ${raft.term}; ` +
        `dropping proposal`,
    );
    throw new RaftError("PROPOSAL_DROPPED");
  }
  forwardToLeader(raft, message);
}

/** @throws RaftError PROPOSAL_DROPPED always */
export function dropWithoutLeader(raft: RaftState): never {
  raft.logger?.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping proposal`);
  throw new RaftError("PROPOSAL_DROPPED");
}

/** Copies entries of a received message, which the leader will stamp. Data is shared. */
export function freshEntries(entries: readonly Entry[]): Entry[] {
  return entries.map(({ type, data }) => ({ type, term: 0, index: 0, data }));
}
