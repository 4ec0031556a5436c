import { type Attributes, type ConfChange, ConfChangeType } from "@nodetcd/messages";
import { hexId } from "@nodetcd/peers";
import type { Logger } from "@nodetcd/runtime";
import type { Cluster } from "./cluster.ts";
import { MembershipError } from "./errors.ts";
import { LEARNERS_MAX } from "./limits.ts";
import { isPromotion, type MemberRecord, parseMemberJson } from "./member-json.ts";

/** The member in the context of a change. Raises `MembershipError` BAD_RECORD. */
function memberIn(context: Uint8Array): MemberRecord {
  return parseMemberJson(Buffer.from(context).toString());
}

/** Raises PEER_URL_EXISTS if another member than `id` has one of these. */
function refuseKnownUrls(cluster: Cluster, urls: readonly string[], id?: bigint): void {
  const others = cluster.members().filter((member) => member.id !== id);
  const known = new Set(others.flatMap((member) => member.peerUrls));
  if (urls.some((url) => known.has(url))) throw new MembershipError("PEER_URL_EXISTS");
}

/** Raises TOO_MANY_LEARNERS if one more learner is too many. */
function refuseTooManyLearners(
  members: readonly MemberRecord[],
  more: number,
  max: number = LEARNERS_MAX,
): void {
  const learners = members.filter((member) => member.isLearner).length + more;
  if (learners > max) throw new MembershipError("TOO_MANY_LEARNERS");
}

/**
 * Raises a `MembershipError` for a committed change that does not fit the members. Every member comes to the same
 * answer, so that a change that is refused is refused by all; raft must then be told of no change.
 */
export function checkChange(
  cluster: Cluster,
  change: ConfChange,
  maxLearners: number = LEARNERS_MAX,
): void {
  const { nodeId, type, context } = change;
  if (cluster.isRemoved(nodeId)) throw new MembershipError("ID_REMOVED");
  const member = cluster.member(nodeId);
  switch (type) {
    case ConfChangeType.ConfChangeAddNode:
    case ConfChangeType.ConfChangeAddLearnerNode: {
      if (isPromotion(context)) {
        if (member === undefined) throw new MembershipError("ID_NOT_FOUND");
        if (!member.isLearner) throw new MembershipError("NOT_LEARNER");
        return;
      }
      if (member !== undefined) throw new MembershipError("ID_EXISTS");
      const added = memberIn(context);
      refuseKnownUrls(cluster, added.peerUrls);
      const learner = type === ConfChangeType.ConfChangeAddLearnerNode && added.isLearner;
      if (learner) refuseTooManyLearners(cluster.members(), 1, maxLearners);
      return;
    }
    case ConfChangeType.ConfChangeRemoveNode:
      if (member === undefined) throw new MembershipError("ID_NOT_FOUND");
      return;
    case ConfChangeType.ConfChangeUpdateNode:
      if (member === undefined) throw new MembershipError("ID_NOT_FOUND");
      refuseKnownUrls(cluster, memberIn(context).peerUrls, nodeId);
  }
}

export interface LocalIds {
  readonly clusterId: bigint;
  readonly memberId: bigint;
}

function idFields({ clusterId, memberId }: LocalIds): Record<string, string> {
  return { "cluster-id": hexId(clusterId), "local-member-id": hexId(memberId) };
}

/** What an applied change did, for who keeps connections to the members. */
export type AppliedChange =
  | { readonly kind: "added" | "updated"; readonly member: MemberRecord }
  | { readonly kind: "removed" | "promoted"; readonly id: bigint };

/** Writes a change that was checked, and that raft has taken over, into the cluster's records. */
export function applyChange(
  cluster: Cluster,
  ids: LocalIds,
  logger: Logger,
  change: ConfChange,
): AppliedChange {
  switch (change.type) {
    case ConfChangeType.ConfChangeAddNode:
    case ConfChangeType.ConfChangeAddLearnerNode:
      return isPromotion(change.context)
        ? promote(cluster, ids, logger, change.nodeId)
        : add(cluster, ids, logger, memberIn(change.context));
    case ConfChangeType.ConfChangeRemoveNode:
      return remove(cluster, ids, logger, change.nodeId);
    case ConfChangeType.ConfChangeUpdateNode:
      return update(cluster, ids, logger, change.nodeId, memberIn(change.context).peerUrls);
  }
}

function add(cluster: Cluster, ids: LocalIds, logger: Logger, member: MemberRecord): AppliedChange {
  cluster.save(member);
  logger.info("added member", {
    ...idFields(ids),
    "added-peer-id": hexId(member.id),
    "added-peer-peer-urls": member.peerUrls,
    "added-peer-is-learner": member.isLearner,
  });
  return { kind: "added", member };
}

function promote(cluster: Cluster, ids: LocalIds, logger: Logger, id: bigint): AppliedChange {
  const member = cluster.member(id);
  if (member !== undefined) cluster.save({ ...member, isLearner: false });
  const text = member === undefined ? "ignore promoting non-existent member" : "promote member";
  logger.info(text, { ...idFields(ids), "promoted-member-id": hexId(id) });
  return { kind: "promoted", id };
}

function remove(cluster: Cluster, ids: LocalIds, logger: Logger, id: bigint): AppliedChange {
  const member = cluster.member(id);
  cluster.remove(id);
  const fields = { ...idFields(ids), "removed-remote-peer-id": hexId(id) };
  if (member === undefined) logger.warn("skipped removing already removed member", fields);
  else {
    logger.info("removed member", {
      ...fields,
      "removed-remote-peer-urls": member.peerUrls,
      "removed-remote-peer-is-learner": member.isLearner,
    });
  }
  return { kind: "removed", id };
}

function update(
  cluster: Cluster,
  ids: LocalIds,
  logger: Logger,
  id: bigint,
  peerUrls: readonly string[],
): AppliedChange {
  const known = cluster.member(id) ?? { id, name: "", peerUrls, clientUrls: [], isLearner: false };
  const member = { ...known, peerUrls };
  if (cluster.member(id) !== undefined) cluster.save(member);
  logger.info("updated member", {
    ...idFields(ids),
    "updated-remote-peer-id": hexId(member.id),
    "updated-remote-peer-urls": member.peerUrls,
    "updated-remote-peer-is-learner": member.isLearner,
  });
  return { kind: "updated", member };
}

/** Takes over what a member says of itself: its name and where clients find it. */
export function applyAttributes(
  cluster: Cluster,
  ids: LocalIds,
  logger: Logger,
  id: bigint,
  said: Attributes,
): void {
  const member = cluster.member(id);
  if (member !== undefined) {
    cluster.save({ ...member, name: said.name, clientUrls: said.clientUrls });
    return;
  }
  logger.warn("skipped attributes update of removed member", {
    ...idFields(ids),
    "updated-peer-id": hexId(id),
  });
}
