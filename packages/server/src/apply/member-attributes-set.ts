import type { ClusterMemberAttrSetRequest } from "@nodetcd/messages";
import type { Cluster } from "../membership/cluster.ts";

/** Takes over what a member says of itself when it starts: its name and client addresses. */
export function applyMemberAttributesSet(
  cluster: Cluster,
  request: ClusterMemberAttrSetRequest,
): void {
  const member = cluster.member(request.memberId);
  if (member === undefined) return;
  cluster.save({
    ...member,
    name: request.memberAttributes?.name ?? "",
    clientUrls: request.memberAttributes?.clientUrls ?? [],
  });
}
