import { WireError } from "@nodetcd/bytes";
import { TxnRequest } from "@nodetcd/messages";
import type { UnaryCall } from "@nodetcd/grpc";
import { txnCost } from "../apply/guards/quota.ts";
import { isReadOnly, isSerializable, readTxn } from "../apply/txn.ts";
import type { Core } from "../core.ts";
import { RequestField } from "../propose/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "./error-to-status.ts";
import { refuseBeyondQuota } from "./quota-check.ts";
import { checkTxnRequest } from "./request-limits.ts";

/** Answers a transaction that changes nothing from local state; raft only confirms the read. */
function read(core: Core, request: TxnRequest, call: UnaryCall): void {
  const answer = (): void => {
    try {
      call.reply(readTxn(core.store, core.lessor, core.headers, request));
    } catch (error) {
      failCall(call, error);
    }
  };
  if (isSerializable(request)) answer();
  else core.reads.request(answer, (error) => failCall(call, error));
}

/** `etcdserverpb.KV/Txn` */
export function receiveTxn(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const request = TxnRequest.decode(bytes);
      const cost = txnCost(request);
      // As in etcd a full database is noticed before the rest of the request is looked at.
      if (!core.quota.fits(cost)) {
        refuseBeyondQuota(core, call);
        return;
      }
      checkTxnRequest(request, core.config.maxTxnOps);
      if (isReadOnly(request)) read(core, request, call);
      else core.proposer.propose(RequestField.txn, bytes, new CallWaiter(call));
    } catch (error) {
      // Nested thousands deep: the stack ends in decoding or, once that is optimized, in looking through it.
      const isTooDeep = error instanceof RangeError;
      failCall(call, isTooDeep ? new WireError("Messages are nested too deeply") : error);
    }
  };
}
