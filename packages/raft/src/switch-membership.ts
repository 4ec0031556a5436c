import type { ConfChangeV2, ConfState } from "@nodetcd/messages";
import { broadcastAppend, maybeCommit, maybeSendAppend } from "./append.ts";
import { broken, RaftError } from "./errors.ts";
import { becomeFollower } from "./role.ts";
import { hex, type RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";
import {
  enterJoint,
  leaveJoint,
  simpleChange,
  type JoinOptions,
  type Membership,
} from "./membership/change.ts";
import { entersJoint, leavesJoint } from "./membership/conf-change.ts";
import {
  allVoters,
  describeConfiguration,
  sortedIds,
  toConfState,
} from "./membership/configuration.ts";
import { restoreMembership } from "./membership/restore.ts";

/**
 * Applies a committed change to the active configuration and returns the new one. A change that does
 * not fit stops the node: every member would have to refuse it alike, and the log is what it is.
 */
export function applyConfChange(raft: RaftState, change: ConfChangeV2): ConfState {
  const { configuration, members } = raft.tracker;
  const from: Membership = { configuration, progress: members };
  const join = joinOptions(raft);
  try {
    const joint = entersJoint(change);
    if (leavesJoint(change)) return switchTo(raft, leaveJoint(from));
    if (joint !== undefined) {
      return switchTo(raft, enterJoint(from, join, joint.autoLeave, change.changes));
    }
    return switchTo(raft, simpleChange(from, join, change.changes));
  } catch (error) {
    if (error instanceof RaftError) broken(`invalid membership change applied: ${error.message}`);
    throw error;
  }
}

/** Takes over the configuration that storage or a snapshot holds. */
export function restoreConfiguration(raft: RaftState, confState: ConfState): void {
  let membership: Membership;
  try {
    membership = restoreMembership(confState, joinOptions(raft));
  } catch (error) {
    if (error instanceof RaftError) broken(`unable to restore config: ${error.message}`);
    throw error;
  }
  const restored = switchTo(raft, membership);
  if (!equalConfStates(confState, restored))
    broken("restored configuration differs from its source");
}

function joinOptions(raft: RaftState): JoinOptions {
  const { maxInflightMessages, maxInflightBytes } = raft.config;
  return { lastIndex: raft.log.lastIndex(), maxInflightMessages, maxInflightBytes };
}

function switchTo(raft: RaftState, membership: Membership): ConfState {
  const { tracker } = raft;
  tracker.switchTo(membership);
  const { configuration, self } = tracker;
  if (raft.logger !== undefined) {
    const text = describeConfiguration(configuration);
    raft.logger.info(`${hex(raft.id)} switched to configuration ${text}`);
  }
  raft.isLearner = self !== undefined && self.isLearner;
  if (raft.role === "leader") {
    if (self === undefined || raft.isLearner) {
      // It goes on leading without a vote until the change is committed, or steps down if it may.
      if (raft.config.stepDownOnRemoval) becomeFollower(raft, raft.term, NO_NODE);
    } else if (configuration.incoming.length > 0) {
      spreadChange(raft);
    }
  }
  return toConfState(configuration);
}

/** A smaller quorum may hold more; new members are probed at once. */
function spreadChange(raft: RaftState): void {
  const { members, self, configuration } = raft.tracker;
  if (maybeCommit(raft)) {
    broadcastAppend(raft);
  } else {
    for (const member of members) if (member !== self) maybeSendAppend(raft, member, false);
  }
  if (raft.transferee !== NO_NODE && !allVoters(configuration).includes(raft.transferee)) {
    raft.transferee = NO_NODE;
  }
}

function equalConfStates(a: ConfState, b: ConfState): boolean {
  const key = (state: ConfState): string =>
    [state.voters, state.learners, state.votersOutgoing, state.learnersNext]
      .map((ids) => sortedIds(ids).join(" "))
      .concat(String(state.autoLeave))
      .join(";");
  return key(a) === key(b);
}
