import type { UnaryCall } from "@nodetcd/grpc";
import { type Init, LeaseTimeToLiveRequest, LeaseTimeToLiveResponse } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { failCall } from "./error-to-status.ts";

/** A lease that is not there, or has expired: TTL -1, and no error. */
const EXPIRED = -1;

function describe(core: Core, request: LeaseTimeToLiveRequest): Init<LeaseTimeToLiveResponse> {
  const { id } = request;
  const lease = core.lessor.lookup(id);
  if (lease === undefined) return { id, ttl: EXPIRED };
  return {
    id,
    ttl: lease.remainingSeconds,
    grantedTtl: lease.ttl,
    keys: request.keys ? lease.keys : [],
  };
}

/** `etcdserverpb.Lease/LeaseTimeToLive` */
export function receiveLeaseTimeToLive(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const request = LeaseTimeToLiveRequest.decode(bytes);
      core.applied.whenApplied(core.raft.committedIndex, () => {
        const header = core.headers.of(core.store.revision);
        call.reply(LeaseTimeToLiveResponse.encode({ header, ...describe(core, request) }));
      });
    } catch (error) {
      failCall(call, error);
    }
  };
}
