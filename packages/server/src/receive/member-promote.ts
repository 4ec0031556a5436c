import type { UnaryCall } from "@nodetcd/grpc";
import { MemberPromoteRequest } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "./error-to-status.ts";

/** `etcdserverpb.Cluster/MemberPromote`: a cluster of one has no learner that could be promoted. */
export function receiveMemberPromote(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { id } = MemberPromoteRequest.decode(bytes);
      const known = core.cluster.member(id) !== undefined;
      throw new RequestError(known ? "MEMBER_NOT_LEARNER" : "MEMBER_NOT_FOUND");
    } catch (error) {
      failCall(call, error);
    }
  };
}
