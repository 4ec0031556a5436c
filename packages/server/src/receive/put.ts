import type { PutRequest, PutResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { putCost } from "../state/quota.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { PENDING, type UnaryHandler } from "./handler.ts";
import { refuseBeyondQuota } from "./quota-check.ts";
import { checkPutRequest } from "./request-limits.ts";

/** `etcdserverpb.KV/Put`: the client's bytes go into the raft entry as they came. */
export function receivePut(member: MemberContext): UnaryHandler<PutRequest, PutResponse> {
  const { proposer, quota } = member;
  return (request, call) => {
    checkPutRequest(request);
    if (!quota.fits(putCost(request))) return refuseBeyondQuota(member);
    proposer.propose(RequestField.put, call.bytes, call.caller, new CallWaiter(call));
    return PENDING;
  };
}
