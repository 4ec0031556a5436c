import { LeaseGrantRequest, type LeaseGrantResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { PENDING, type UnaryHandler } from "./handler.ts";
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
): UnaryHandler<LeaseGrantRequest, LeaseGrantResponse> {
  const { proposer, quota } = member;
  return (request, call) => {
    if (!quota.fitsLease()) return refuseBeyondQuota(member);
    const id = request.id === 0n ? chooseLeaseId(member) : request.id;
    const complete = LeaseGrantRequest.encode({ ...request, id });
    proposer.propose(RequestField.leaseGrant, complete, call.caller, new CallWaiter(call));
    return PENDING;
  };
}
