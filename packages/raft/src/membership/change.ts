import { ConfChangeType, type ConfChangeSingle } from "@nodetcd/messages";
import { RaftError } from "../errors.ts";
import { Inflights } from "../progress/inflights.ts";
import { Progress } from "../progress/progress.ts";
import { isJoint, sortedIds, type Configuration } from "./configuration.ts";
import { checkMembership } from "./invariants.ts";

/** A configuration with what is known of each of its members. */
export interface Membership {
  readonly configuration: Configuration;
  /** Everybody in the configuration, sorted by id. */
  readonly progress: readonly Progress[];
}

/** What a member that joins begins with. */
export interface JoinOptions {
  /** The leader's last index, where probing a new member begins. */
  readonly lastIndex: number;
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
}

/**
 * Enters a joint configuration: the voters so far become the outgoing half, the changes make the
 * incoming one (paper, section 6). Nothing given is changed.
 *
 * @throws RaftError INVALID_CONF_CHANGE when joint already, or without voters
 */
export function enterJoint(
  from: Membership,
  join: JoinOptions,
  autoLeave: boolean,
  changes: readonly ConfChangeSingle[],
): Membership {
  const draft = openDraft(from);
  if (isJoint(from.configuration)) refuse("config is already joint");
  if (draft.incoming.size === 0) refuse("can't make a zero-voter config joint");
  draft.outgoing = new Set(draft.incoming);
  applyChanges(draft, join, changes);
  return closeDraft(draft, autoLeave);
}

/**
 * Leaves a joint configuration: the outgoing half goes, and with it all who are in nothing else.
 *
 * @throws RaftError INVALID_CONF_CHANGE when not joint
 */
export function leaveJoint(from: Membership): Membership {
  const draft = openDraft(from);
  if (!isJoint(from.configuration)) refuse("can't leave a non-joint config");
  for (const id of draft.learnersNext) {
    draft.learners.add(id);
    const progress = draft.progress.get(id);
    if (progress !== undefined) progress.isLearner = true;
  }
  draft.learnersNext.clear();
  for (const id of draft.outgoing) {
    if (!draft.incoming.has(id) && !draft.learners.has(id)) draft.progress.delete(id);
  }
  draft.outgoing.clear();
  return closeDraft(draft, false);
}

/**
 * Changes the configuration in one step, which is safe as long as at most one voter comes or goes
 * (thesis, section 4.1).
 *
 * @throws RaftError INVALID_CONF_CHANGE when joint, or when more voters change
 */
export function simpleChange(
  from: Membership,
  join: JoinOptions,
  changes: readonly ConfChangeSingle[],
): Membership {
  const draft = openDraft(from);
  if (isJoint(from.configuration)) refuse("can't apply simple config change in joint config");
  applyChanges(draft, join, changes);
  const before = new Set(from.configuration.incoming);
  let changed = 0;
  for (const id of before) if (!draft.incoming.has(id)) changed++;
  for (const id of draft.incoming) if (!before.has(id)) changed++;
  if (changed > 1) refuse("more than one voter changed without entering joint config");
  return closeDraft(draft, false);
}

/** A membership while it is worked on. */
interface Draft {
  readonly incoming: Set<bigint>;
  outgoing: Set<bigint>;
  readonly learners: Set<bigint>;
  readonly learnersNext: Set<bigint>;
  readonly progress: Map<bigint, Progress>;
}

function openDraft(from: Membership): Draft {
  checkMembership(from);
  return {
    incoming: new Set(from.configuration.incoming),
    outgoing: new Set(from.configuration.outgoing),
    learners: new Set(from.configuration.learners),
    learnersNext: new Set(from.configuration.learnersNext),
    progress: new Map(from.progress.map((progress) => [progress.id, progress.copy()])),
  };
}

function closeDraft(draft: Draft, autoLeave: boolean): Membership {
  const membership: Membership = {
    configuration: {
      incoming: sortedIds(draft.incoming),
      outgoing: sortedIds(draft.outgoing),
      learners: sortedIds(draft.learners),
      learnersNext: sortedIds(draft.learnersNext),
      autoLeave,
    },
    progress: [...draft.progress.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
  checkMembership(membership);
  return membership;
}

function applyChanges(draft: Draft, join: JoinOptions, changes: readonly ConfChangeSingle[]): void {
  for (const { type, nodeId } of changes) {
    // An application that turns a change down after it was committed sets its id to zero.
    if (nodeId === 0n) continue;
    switch (type) {
      case ConfChangeType.ConfChangeAddNode:
        makeVoter(draft, join, nodeId);
        break;
      case ConfChangeType.ConfChangeAddLearnerNode:
        makeLearner(draft, join, nodeId);
        break;
      case ConfChangeType.ConfChangeRemoveNode:
        remove(draft, nodeId);
        break;
      case ConfChangeType.ConfChangeUpdateNode:
        break;
    }
  }
  if (draft.incoming.size === 0) refuse("removed all voters");
}

function makeVoter(draft: Draft, join: JoinOptions, id: bigint): void {
  const progress = draft.progress.get(id);
  if (progress === undefined) {
    draft.progress.set(id, newMember(join, id, false));
  } else {
    progress.isLearner = false;
    draft.learners.delete(id);
    draft.learnersNext.delete(id);
  }
  draft.incoming.add(id);
}

function makeLearner(draft: Draft, join: JoinOptions, id: bigint): void {
  const progress = draft.progress.get(id);
  if (progress === undefined) {
    draft.progress.set(id, newMember(join, id, true));
    draft.learners.add(id);
    return;
  }
  if (progress.isLearner) return;
  remove(draft, id);
  draft.progress.set(id, progress);
  // It still votes in the outgoing half: it becomes a learner when that half is left.
  if (draft.outgoing.has(id)) {
    draft.learnersNext.add(id);
  } else {
    progress.isLearner = true;
    draft.learners.add(id);
  }
}

function remove(draft: Draft, id: bigint): void {
  if (!draft.progress.has(id)) return;
  draft.incoming.delete(id);
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  if (!draft.outgoing.has(id)) draft.progress.delete(id);
}

function newMember(join: JoinOptions, id: bigint, isLearner: boolean): Progress {
  const inflights = new Inflights(join.maxInflightMessages, join.maxInflightBytes);
  const progress = new Progress(id, Math.max(join.lastIndex, 1), isLearner, inflights);
  // Else a quorum check that comes before its first word would count it as lost.
  progress.recentActive = true;
  return progress;
}

function refuse(message: string): never {
  throw new RaftError("INVALID_CONF_CHANGE", message);
}
