import { checkTxn } from "@nodetcd/auth";
import type { TxnRequest, TxnResponse } from "@nodetcd/messages";
import { readTxn } from "../apply/txn.ts";
import type { MemberContext } from "../member-context.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { isReadOnly, isSerializable } from "../read/read-only-txn.ts";
import { txnCost } from "../state/quota.ts";
import type { Caller } from "../wire/caller.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { failCall } from "../wire/error-map.ts";
import { withCaller } from "../access.ts";
import { type ClientCall, PENDING, type UnaryHandler } from "./handler.ts";
import { refuseBeyondQuota } from "./quota-check.ts";
import { checkTxnRequest } from "./request-limits.ts";

/** Answers a transaction that changes nothing from local state; raft only confirms the read. */
async function read(
  member: MemberContext,
  request: TxnRequest,
  call: ClientCall,
): Promise<Uint8Array> {
  if (!isSerializable(request)) await member.reads.wait();
  const { access, auth, lessor } = member;
  const caller = await access.identify(call);
  // It puts nothing, so no lease is looked at.
  checkTxn(auth, caller, request, () => undefined);
  auth.checkUnchanged(caller);
  const reply = await readTxn(member, lessor, request, () => !call.cancelled);
  // What was read may have been taken from him while it was read.
  auth.checkUnchanged(caller);
  return reply;
}

/** `etcdserverpb.KV/Txn` */
export function receiveTxn(member: MemberContext): UnaryHandler<TxnRequest, TxnResponse> {
  return (request, call) => {
    // As in etcd a full database is noticed before the rest of the request is looked at.
    if (!member.quota.fits(txnCost(request))) return refuseBeyondQuota(member);
    checkTxnRequest(request, member.config.maxTxnOps);
    if (isReadOnly(request)) return read(member, request, call);
    const propose = (caller: Caller): void =>
      member.proposer.propose(RequestField.txn, call.bytes, caller, new CallWaiter(call));
    withCaller(member.access, call, propose, (error) => failCall(call, error));
    return PENDING;
  };
}
