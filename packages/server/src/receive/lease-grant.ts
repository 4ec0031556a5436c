import type { UnaryCall } from "@nodetcd/grpc";
import { LeaseGrantRequest } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "../wire/error-map.ts";
import { refuseBeyondQuota } from "./quota-check.ts";

const POSITIVE = 0x7fff_ffff_ffff_ffffn;

/** A lease id that nobody has: positive, and not 0, which means "choose one". */
export function chooseLeaseId(member: MemberContext): bigint {
  const id = member.requestIds.full(member.requestIds.next()) & POSITIVE;
  return id === 0n ? chooseLeaseId(member) : id;
}

/** `etcdserverpb.Lease/LeaseGrant` */
export function receiveLeaseGrant(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const request = LeaseGrantRequest.decode(bytes);
      if (!member.quota.fitsLease()) {
        refuseBeyondQuota(member, call);
        return;
      }
      const id = request.id === 0n ? chooseLeaseId(member) : request.id;
      const complete = LeaseGrantRequest.encode({ ...request, id });
      member.proposer.propose(RequestField.leaseGrant, complete, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
