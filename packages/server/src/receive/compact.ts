import { CompactionRequest } from "@nodetcd/messages";
import type { UnaryCall } from "@nodetcd/grpc";
import type { MemberContext } from "../member-context.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "../wire/error-map.ts";

/** `etcdserverpb.KV/Compact` */
export function receiveCompact(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      CompactionRequest.decode(bytes);
      member.proposer.propose(RequestField.compaction, bytes, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
