import type { UnaryCall } from "@nodetcd/grpc";
import { AlarmRequest } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { RequestField } from "../propose/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "./error-to-status.ts";

/** `etcdserverpb.Maintenance/Alarm`: even listing goes through the log, as in etcd. */
export function receiveAlarm(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      AlarmRequest.decode(bytes);
      core.proposer.propose(RequestField.alarm, bytes, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
