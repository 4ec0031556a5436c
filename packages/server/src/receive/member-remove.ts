import type { UnaryCall } from "@nodetcd/grpc";
import { MemberRemoveRequest } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";
import { notImplemented } from "./not-implemented.ts";

/** `etcdserverpb.Cluster/MemberRemove`: removing a member that exists is not built yet. */
export function receiveMemberRemove(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { id } = MemberRemoveRequest.decode(bytes);
      const known = member.cluster.member(id) !== undefined;
      throw known ? notImplemented("MemberRemove") : new RequestError("MEMBER_NOT_FOUND");
    } catch (error) {
      failCall(call, error);
    }
  };
}
