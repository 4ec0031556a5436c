import type { StreamCall } from "@nodetcd/grpc";
import { LeaseError } from "@nodetcd/lease";
import { LeaseKeepAliveRequest, LeaseKeepAliveResponse } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { failCall } from "./error-to-status.ts";

/** How often a lease that has run out is looked at until its revocation is applied, in ms. */
const REVOCATION_POLL_MS = 50;

/** Seconds that the lease has again; 0: there is none; undefined: it is about to be revoked. */
function renew(core: Core, id: bigint): number | undefined {
  try {
    return core.lessor.renew(id);
  } catch (error) {
    if (error instanceof LeaseError) {
      if (error.code === "LEASE_NOT_FOUND") return 0;
      if (error.code === "LEASE_EXPIRED") return undefined;
    }
    throw error;
  }
}

/** Answers one renewal, or tries again soon while the lease is being revoked. */
function answer(core: Core, call: StreamCall, id: bigint): void {
  if (call.cancelled) return;
  try {
    // The header is from before the renewal: what it says is certainly not newer.
    const header = core.headers.of(core.store.revision);
    const ttl = renew(core, id);
    if (ttl === undefined) {
      core.runtime.clock.setTimer(REVOCATION_POLL_MS, () => answer(core, call, id));
      return;
    }
    if (!call.send(LeaseKeepAliveResponse.encode({ header, id, ttl }))) call.pause();
  } catch (error) {
    failCall(call, error);
  }
}

/**
 * `etcdserverpb.Lease/LeaseKeepAlive`: each message renews a lease. One that is not known may still
 * be on its way through the log, so everything committed is applied before TTL 0 is answered.
 */
export function receiveLeaseKeepAlive(core: Core): (call: StreamCall) => void {
  return (call) => {
    call.onMessage = (bytes) => {
      try {
        const { id } = LeaseKeepAliveRequest.decode(bytes);
        if (core.lessor.has(id)) answer(core, call, id);
        else core.applied.whenApplied(core.raft.committedIndex, () => answer(core, call, id));
      } catch (error) {
        failCall(call, error);
      }
    };
    call.onDrain = () => call.resume();
    call.onHalfClose = () => call.finish();
  };
}
