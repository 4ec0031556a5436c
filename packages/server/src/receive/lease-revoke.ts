import type { UnaryCall } from "@nodetcd/grpc";
import { LeaseRevokeRequest } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { RequestField } from "../propose/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "./error-to-status.ts";

/** `etcdserverpb.Lease/LeaseRevoke` */
export function receiveLeaseRevoke(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      LeaseRevokeRequest.decode(bytes);
      core.proposer.propose(RequestField.leaseRevoke, bytes, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
