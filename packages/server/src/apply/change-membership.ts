import { type ConfChange, ConfChangeType } from "@nodetcd/messages";
import type { Logger } from "@nodetcd/runtime";
import type { Cluster } from "../membership/cluster.ts";
import { hexId } from "../membership/ids.ts";
import { parseMemberJson } from "../membership/member-json.ts";

/** Writes a change of the configuration that raft has taken over into the cluster's records. */
export function applyMembershipChange(
  cluster: Cluster,
  ids: { readonly clusterId: bigint; readonly memberId: bigint },
  logger: Logger,
  change: ConfChange,
): void {
  const fields = { "cluster-id": hexId(ids.clusterId), "local-member-id": hexId(ids.memberId) };
  switch (change.type) {
    case ConfChangeType.ConfChangeAddNode:
    case ConfChangeType.ConfChangeAddLearnerNode: {
      const member = parseMemberJson(Buffer.from(change.context).toString());
      cluster.save(member);
      logger.info("added member", {
        ...fields,
        "added-peer-id": hexId(member.id),
        "added-peer-peer-urls": member.peerUrls,
        "added-peer-is-learner": member.isLearner,
      });
      return;
    }
    case ConfChangeType.ConfChangeRemoveNode:
      cluster.remove(change.nodeId);
      logger.info("removed member", { ...fields, "removed-remote-peer-id": hexId(change.nodeId) });
      return;
    case ConfChangeType.ConfChangeUpdateNode: {
      const update = parseMemberJson(Buffer.from(change.context).toString());
      const member = cluster.member(change.nodeId);
      if (member !== undefined) cluster.save({ ...member, peerUrls: update.peerUrls });
      logger.info("updated member", { ...fields, "updated-remote-peer-id": hexId(change.nodeId) });
    }
  }
}
