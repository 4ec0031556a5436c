import { DeleteRangeRequest } from "@nodetcd/messages";
import type { UnaryCall } from "@nodetcd/grpc";
import type { Core } from "../core.ts";
import { RequestField } from "../propose/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "./error-to-status.ts";
import { checkDeleteRequest } from "./request-limits.ts";

/** `etcdserverpb.KV/DeleteRange` */
export function receiveDeleteRange(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      checkDeleteRequest(DeleteRangeRequest.decode(bytes));
      core.proposer.propose(RequestField.deleteRange, bytes, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
