import { ConfChangeType, type ConfChangeSingle, type ConfState } from "@nodetcd/messages";
import { enterJoint, simpleChange, type JoinOptions, type Membership } from "./change.ts";
import { EMPTY_CONFIGURATION } from "./configuration.ts";

/**
 * Builds the membership that a persisted `ConfState` describes, by the same checked steps that once
 * led to it. A joint one is reached by making the outgoing half first, then entering:
 *
 * ```
 * voters=(1 2 3) outgoing=(1 2 4) learners=(5) learnersNext=(4)
 *   simple  +1 +2 +4                          (1 2 4)
 *   enter   -1 -2 -4 +1 +2 +3 l5 l4           (1 2 3)&&(1 2 4) learners=(5) learners_next=(4)
 * ```
 */
export function restoreMembership(confState: ConfState, join: JoinOptions): Membership {
  const changes = [
    ...each(ConfChangeType.ConfChangeRemoveNode, confState.votersOutgoing),
    ...each(ConfChangeType.ConfChangeAddNode, confState.voters),
    ...each(ConfChangeType.ConfChangeAddLearnerNode, confState.learners),
    ...each(ConfChangeType.ConfChangeAddLearnerNode, confState.learnersNext),
  ];
  const joint = confState.votersOutgoing.length > 0;
  const steps = joint ? each(ConfChangeType.ConfChangeAddNode, confState.votersOutgoing) : changes;
  let membership: Membership = { configuration: EMPTY_CONFIGURATION, progress: [] };
  for (const step of steps) membership = simpleChange(membership, join, [step]);
  return joint ? enterJoint(membership, join, confState.autoLeave, changes) : membership;
}

function each(type: ConfChangeType, ids: readonly bigint[]): ConfChangeSingle[] {
  return ids.map((nodeId) => ({ type, nodeId }));
}
