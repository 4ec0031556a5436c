import { WireReader } from "@nodetcd/bytes";
import { PutRequest } from "@nodetcd/messages";
import type { UnaryCall } from "@nodetcd/grpc";
import { putCost } from "../apply/guards/quota.ts";
import type { Core } from "../core.ts";
import { RequestField } from "../propose/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "./error-to-status.ts";
import { refuseBeyondQuota } from "./quota-check.ts";
import { checkPutRequest } from "./request-limits.ts";

/** `etcdserverpb.KV/Put`: the client's bytes go into the raft entry as they came. */
export function receivePut(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const request = PutRequest.read(new WireReader(bytes), bytes.length);
      checkPutRequest(request);
      const cost = putCost(request);
      if (!core.quota.fits(cost)) refuseBeyondQuota(core, call);
      else core.proposer.propose(RequestField.put, bytes, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
