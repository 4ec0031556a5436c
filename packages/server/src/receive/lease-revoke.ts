import type { UnaryCall } from "@nodetcd/grpc";
import { LeaseRevokeRequest } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "../wire/error-map.ts";

/** `etcdserverpb.Lease/LeaseRevoke` */
export function receiveLeaseRevoke(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      LeaseRevokeRequest.decode(bytes);
      member.proposer.propose(RequestField.leaseRevoke, bytes, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
