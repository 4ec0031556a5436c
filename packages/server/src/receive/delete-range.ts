import { DeleteRangeRequest } from "@nodetcd/messages";
import type { UnaryCall } from "@nodetcd/grpc";
import type { MemberContext } from "../member-context.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "../wire/error-map.ts";
import { checkDeleteRequest } from "./request-limits.ts";

/** `etcdserverpb.KV/DeleteRange` */
export function receiveDeleteRange(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      checkDeleteRequest(DeleteRangeRequest.decode(bytes));
      member.proposer.propose(RequestField.deleteRange, bytes, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
