import type { UnaryCall } from "@nodetcd/grpc";
import { LeaseLeasesResponse } from "@nodetcd/messages";
import type { Core } from "../core.ts";

/** `etcdserverpb.Lease/LeaseLeases`: the ids of all leases that have not ended. */
export function receiveLeaseLeases(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (_bytes, call) => {
    const header = core.headers.of(core.store.revision);
    const leases = core.lessor.list().map((id) => ({ id }));
    call.reply(LeaseLeasesResponse.encode({ header, leases }));
  };
}
