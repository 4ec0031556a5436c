import type { StreamCall } from "@nodetcd/grpc";
import { LeaseError } from "@nodetcd/lease";
import { LeaseKeepAliveRequest, LeaseKeepAliveResponse } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { failCall } from "./error-to-status.ts";

/** Seconds that the lease has again; 0 when there is no such lease. */
async function renew(core: Core, id: bigint): Promise<number> {
  try {
    return core.lessor.renew(id);
  } catch (error) {
    if (!(error instanceof LeaseError)) throw error;
    switch (error.code) {
      case "LEASE_NOT_FOUND":
        return 0;
      case "LEASE_EXPIRED":
        // It cannot be saved any more, but the client is told only when it is certain.
        await core.lessor.settled(id);
        return renew(core, id);
      case "LEASE_CHECKPOINTED":
        await core.proposer.proposeMessage({ leaseCheckpoint: { checkpoints: [{ id }] } });
        return renew(core, id);
      default:
        throw error;
    }
  }
}

async function answer(core: Core, call: StreamCall, id: bigint): Promise<void> {
  try {
    // The header is from before the renewal: what it says is certainly not newer.
    const header = core.headers.of(core.store.revision);
    const ttl = await renew(core, id);
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
        if (core.lessor.has(id)) void answer(core, call, id);
        else core.applied.whenApplied(core.raft.committedIndex, () => void answer(core, call, id));
      } catch (error) {
        failCall(call, error);
      }
    };
    call.onDrain = () => call.resume();
    call.onHalfClose = () => call.finish();
  };
}
