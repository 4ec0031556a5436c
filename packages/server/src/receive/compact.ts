import { CompactionRequest } from "@nodetcd/messages";
import type { UnaryCall } from "@nodetcd/grpc";
import type { Core } from "../core.ts";
import { RequestField } from "../propose/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "./error-to-status.ts";

/** `etcdserverpb.KV/Compact` */
export function receiveCompact(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      CompactionRequest.decode(bytes);
      core.proposer.propose(RequestField.compaction, bytes, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
