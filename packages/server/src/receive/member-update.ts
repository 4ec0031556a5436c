import type { UnaryCall } from "@nodetcd/grpc";
import { MemberUpdateRequest } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";
import { notImplemented } from "./not-implemented.ts";

/** `etcdserverpb.Cluster/MemberUpdate`: changing a member that exists is not built yet. */
export function receiveMemberUpdate(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { id } = MemberUpdateRequest.decode(bytes);
      const known = member.cluster.member(id) !== undefined;
      throw known ? notImplemented("MemberUpdate") : new RequestError("MEMBER_NOT_FOUND");
    } catch (error) {
      failCall(call, error);
    }
  };
}
