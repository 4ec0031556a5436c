import type { UnaryCall } from "@nodetcd/grpc";
import { LeaseLeasesResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";

/** `etcdserverpb.Lease/LeaseLeases`: the ids of all leases that have not ended. */
export function receiveLeaseLeases(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (_bytes, call) => {
    const header = member.headers.of(member.store.revision);
    const leases = member.lessor.list().map((id) => ({ id }));
    call.reply(LeaseLeasesResponse.encode({ header, leases }));
  };
}
