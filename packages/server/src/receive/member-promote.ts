import type { UnaryCall } from "@nodetcd/grpc";
import { MemberPromoteRequest } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";

/** `etcdserverpb.Cluster/MemberPromote`: a cluster of one has no learner that could be promoted. */
export function receiveMemberPromote(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { id } = MemberPromoteRequest.decode(bytes);
      const known = member.cluster.member(id) !== undefined;
      throw new RequestError(known ? "MEMBER_NOT_LEARNER" : "MEMBER_NOT_FOUND");
    } catch (error) {
      failCall(call, error);
    }
  };
}
