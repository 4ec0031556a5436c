import type { UnaryCall } from "@nodetcd/grpc";
import { type Member, MemberListRequest, MemberListResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { failCall } from "../wire/error-map.ts";

/** The cluster's members as messages; ascending by id. */
export function memberMessages(member: Pick<MemberContext, "cluster">): Member[] {
  return member.cluster.members().map((member) => ({
    id: member.id,
    name: member.name,
    peerUrls: [...member.peerUrls],
    clientUrls: [...member.clientUrls],
    isLearner: member.isLearner,
  }));
}

/** `etcdserverpb.Cluster/MemberList`. Replies of this service have no revision in their header. */
export function receiveMemberList(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    const answer = (): void => {
      const header = member.headers.of(0);
      call.reply(MemberListResponse.encode({ header, members: memberMessages(member) }));
    };
    try {
      const { linearizable } = MemberListRequest.decode(bytes);
      if (linearizable) member.reads.request(answer, (error) => failCall(call, error));
      else answer();
    } catch (error) {
      failCall(call, error);
    }
  };
}
