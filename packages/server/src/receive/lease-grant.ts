import type { UnaryCall } from "@nodetcd/grpc";
import { LeaseGrantRequest } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { RequestField } from "../propose/entry-codec.ts";
import { CallWaiter } from "../propose/waiters.ts";
import { failCall } from "./error-to-status.ts";
import { refuseBeyondQuota } from "./quota-check.ts";

const POSITIVE = 0x7fff_ffff_ffff_ffffn;

/** A lease id that nobody has: positive, and not 0, which means "choose one". */
export function chooseLeaseId(core: Core): bigint {
  const id = core.requestIds.full(core.requestIds.next()) & POSITIVE;
  return id === 0n ? chooseLeaseId(core) : id;
}

/** `etcdserverpb.Lease/LeaseGrant` */
export function receiveLeaseGrant(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const request = LeaseGrantRequest.decode(bytes);
      if (!core.quota.fitsLease()) {
        refuseBeyondQuota(core, call);
        return;
      }
      const id = request.id === 0n ? chooseLeaseId(core) : request.id;
      const complete = LeaseGrantRequest.encode({ ...request, id });
      core.proposer.propose(RequestField.leaseGrant, complete, new CallWaiter(call));
    } catch (error) {
      failCall(call, error);
    }
  };
}
