import { WireReader } from "@nodetcd/bytes";
import { PutRequest } from "@nodetcd/messages";
import type { UnaryCall } from "@nodetcd/grpc";
import { putCost } from "../state/quota.ts";
import type { MemberContext } from "../member-context.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "../wire/error-map.ts";
import { refuseBeyondQuota } from "./quota-check.ts";
import { checkPutRequest } from "./request-limits.ts";

/** `etcdserverpb.KV/Put`: the client's bytes go into the raft entry as they came. */
export function receivePut(member: MemberContext): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const request = PutRequest.read(new WireReader(bytes), bytes.length);
      checkPutRequest(request);
      const cost = putCost(request);
      if (!member.quota.fits(cost)) refuseBeyondQuota(member, call);
      else member.proposer.propose(RequestField.put, bytes, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
