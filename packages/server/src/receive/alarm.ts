import type { UnaryCall } from "@nodetcd/grpc";
import { AlarmRequest } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "../wire/error-map.ts";

/** `etcdserverpb.Maintenance/Alarm`: even listing goes through the log, as in etcd. */
export function receiveAlarm(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      AlarmRequest.decode(bytes);
      member.proposer.propose(RequestField.alarm, bytes, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
