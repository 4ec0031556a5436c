import type { UnaryCall } from "@nodetcd/grpc";
import { type Member, MemberListRequest, MemberListResponse } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { failCall } from "./error-to-status.ts";

/** The cluster's members as messages; ascending by id. */
export function memberMessages(core: Pick<Core, "cluster">): Member[] {
  return core.cluster.members().map((member) => ({
    id: member.id,
    name: member.name,
    peerUrls: [...member.peerUrls],
    clientUrls: [...member.clientUrls],
    isLearner: member.isLearner,
  }));
}

/** `etcdserverpb.Cluster/MemberList`. Replies of this service have no revision in their header. */
export function receiveMemberList(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    const answer = (): void => {
      const header = core.headers.of(0);
      call.reply(MemberListResponse.encode({ header, members: memberMessages(core) }));
    };
    try {
      const { linearizable } = MemberListRequest.decode(bytes);
      if (linearizable) core.reads.request(answer, (error) => failCall(call, error));
      else answer();
    } catch (error) {
      failCall(call, error);
    }
  };
}
