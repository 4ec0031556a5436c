import { hexId } from "@nodetcd/peers";
import type { LogFields, Logger } from "@nodetcd/runtime";
import type { LocalIds } from "./change.ts";
import { MembershipError } from "./errors.ts";
import { HEALTHY_AFTER_MS, LEARNER_READY_SHARE } from "./limits.ts";
import type { MemberRecord } from "./member-json.ts";

/** What a member knows of the others when it is asked to change them. */
export interface ReconfigureContext {
  readonly ids: LocalIds;
  /** All members. */
  readonly members: readonly MemberRecord[];
  /** Monotonic milliseconds since which a peer has been connected; undefined when it is not. */
  readonly activeSince: (id: bigint) => number | undefined;
  /** Monotonic milliseconds. */
  readonly now: number;
  readonly logger: Logger;
}

function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** A member that has told the others its name has been started. */
function isStarted({ name }: MemberRecord): boolean {
  return name !== "";
}

function votersOf({ members }: ReconfigureContext): MemberRecord[] {
  return members.filter((member) => !member.isLearner);
}

/** Voters that have been connected for a while, this member included. */
function connectedVoters(context: ReconfigureContext): number {
  const { ids, activeSince, now } = context;
  return votersOf(context).filter(({ id }) => {
    const since = activeSince(id);
    return id === ids.memberId || (since !== undefined && since <= now - HEALTHY_AFTER_MS);
  }).length;
}

function refuse(
  context: ReconfigureContext,
  code: "NOT_ENOUGH_STARTED" | "UNHEALTHY",
  line: string,
  fields: LogFields,
): never {
  const error = new MembershipError(code);
  const local = { "local-member-id": hexId(context.ids.memberId) };
  context.logger.warn(line, { ...local, ...fields, error: error.message });
  throw error;
}

/** Raises NOT_ENOUGH_STARTED when of so many voters too few would be running. */
function requireStarted(
  context: ReconfigureContext,
  verb: "add" | "remove" | "promote",
  started: number,
  voters: number,
  fields: LogFields,
): void {
  const quorum = quorumOf(voters);
  if (started >= quorum) return;
  const { ids, logger } = context;
  logger.warn(`rejecting member ${verb}; started member will be less than quorum`, {
    "number-of-started-member": started,
    quorum,
    "cluster-id": hexId(ids.clusterId),
    "local-member-id": hexId(ids.memberId),
  });
  refuse(
    context,
    "NOT_ENOUGH_STARTED",
    `rejecting member ${verb} request; not enough healthy members`,
    fields,
  );
}

/** The strict check of an addition: the cluster must keep its quorum if the new member never starts. */
export function checkAdd(context: ReconfigureContext, added: MemberRecord): void {
  const voters = votersOf(context);
  const started = voters.filter(isStarted).length;
  const fields = { "requested-member-add": `${hexId(added.id)} ${added.peerUrls.join(",")}` };
  // A lone member may always grow: it may be one that was restored.
  const lone = started === 1 && voters.length === 1;
  if (!added.isLearner && !lone) requireStarted(context, "add", started, voters.length + 1, fields);
  if (voters.length === 1 || connectedVoters(context) >= quorumOf(voters.length + 1)) return;
  refuse(
    context,
    "UNHEALTHY",
    "rejecting member add request; local member has not been connected to majority peers, reconfigure breaks active quorum",
    fields,
  );
}

/** The strict check of a removal: who stays must be enough, and connected. */
export function checkRemove(context: ReconfigureContext, id: bigint): void {
  const { members, ids, activeSince } = context;
  if (members.find((member) => member.id === id)?.isLearner) return;
  const voters = votersOf(context);
  const left = voters.filter((member) => member.id !== id);
  const requested = { "requested-member-remove-id": hexId(id) };
  requireStarted(context, "remove", left.filter(isStarted).length, left.length, requested);
  // One that is down takes nothing with it.
  if (id !== ids.memberId && activeSince(id) === undefined) return;
  const connected = connectedVoters(context);
  if (connected - 1 >= 1 + Math.floor((voters.length - 1) / 2)) return;
  refuse(
    context,
    "UNHEALTHY",
    "rejecting member remove request; local member has not been connected to all peers, reconfigure breaks active quorum",
    { "requested-member-remove": hexId(id), "active-peers": connected },
  );
}

/** The strict check of a promotion; the learner counts as started. */
export function checkPromote(context: ReconfigureContext, id: bigint): void {
  const voters = votersOf(context);
  const started = voters.filter(isStarted).length + 1;
  requireStarted(context, "promote", started, voters.length + 1, {
    "requested-member-remove-id": hexId(id),
  });
}

/** How far members are in the log, as a leader knows it. */
export interface ProgressView {
  readonly leaderMatch: number;
  /** Undefined for one that is not in raft's configuration. */
  readonly learnerMatch: number | undefined;
}

/**
 * Raises what speaks against promoting a learner: it must have nine tenths of the leader's log.
 *
 * @param progress undefined on a member that is not the leader
 */
export function checkLearnerReady(progress: ProgressView | undefined, logger: Logger): void {
  if (progress === undefined) throw new MembershipError("NOT_LEADER");
  const { leaderMatch, learnerMatch } = progress;
  if (learnerMatch === undefined) throw new MembershipError("ID_NOT_FOUND");
  const share = learnerMatch / leaderMatch;
  if (!(share < LEARNER_READY_SHARE)) return;
  logger.error("rejecting promote learner: learner is not ready", {
    "learner-ready-percent": share,
    "ready-percent-threshold": LEARNER_READY_SHARE,
  });
  throw new MembershipError("LEARNER_NOT_READY");
}
