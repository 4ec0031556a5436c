import type { MemberRecord } from "@nodetcd/membership";
import type { Member, MemberListRequest, MemberListResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import type { UnaryHandler } from "./handler.ts";

export function memberMessage({ id, name, peerUrls, clientUrls, isLearner }: MemberRecord): Member {
  return { id, name, peerUrls: [...peerUrls], clientUrls: [...clientUrls], isLearner };
}

/** The cluster's members as messages; ascending by id. */
export function memberMessages({ cluster }: Pick<MemberContext, "cluster">): Member[] {
  return cluster.members().map(memberMessage);
}

/** `etcdserverpb.Cluster/MemberList`. Replies of this service have no revision in their header. */
export function receiveMemberList(
  member: MemberContext,
): UnaryHandler<MemberListRequest, MemberListResponse> {
  return async ({ linearizable }) => {
    if (linearizable) await member.reads.wait();
    return { header: member.headers.of(0), members: memberMessages(member) };
  };
}
