import { WireError } from "@nodetcd/bytes";
import { TxnRequest } from "@nodetcd/messages";
import type { UnaryCall } from "@nodetcd/grpc";
import { txnCost } from "../state/quota.ts";
import { readTxn } from "../apply/txn.ts";
import { isReadOnly, isSerializable } from "../read/read-only-txn.ts";
import type { MemberContext } from "../member-context.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "../wire/error-map.ts";
import { refuseBeyondQuota } from "./quota-check.ts";
import { checkTxnRequest } from "./request-limits.ts";

/** Answers a transaction that changes nothing from local state; raft only confirms the read. */
function read(member: MemberContext, request: TxnRequest, call: UnaryCall): void {
  const answer = (): void => {
    try {
      call.reply(readTxn(member.store, member.lessor, member.headers, request));
    } catch (error) {
      failCall(call, error);
    }
  };
  if (isSerializable(request)) answer();
  else member.reads.request(answer, (error) => failCall(call, error));
}

/** `etcdserverpb.KV/Txn` */
export function receiveTxn(member: MemberContext): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const request = TxnRequest.decode(bytes);
      const cost = txnCost(request);
      // As in etcd a full database is noticed before the rest of the request is looked at.
      if (!member.quota.fits(cost)) {
        refuseBeyondQuota(member, call);
        return;
      }
      checkTxnRequest(request, member.config.maxTxnOps);
      if (isReadOnly(request)) read(member, request, call);
      else member.proposer.propose(RequestField.txn, bytes, new CallWaiter(call));
    } catch (error) {
      // Nested thousands deep: the stack ends in decoding or, once that is optimized, in looking through it.
      const isTooDeep = error instanceof RangeError;
      failCall(call, isTooDeep ? new WireError("Messages are nested too deeply") : error);
    }
  };
}
