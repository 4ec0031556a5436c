import type { UnaryCall } from "@nodetcd/grpc";
import { type Init, LeaseTimeToLiveRequest, LeaseTimeToLiveResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { failCall } from "../wire/error-map.ts";

/** A lease that is not there, or has expired: TTL -1, and no error. */
const EXPIRED = -1;

function describe(
  member: MemberContext,
  request: LeaseTimeToLiveRequest,
): Init<LeaseTimeToLiveResponse> {
  const { id } = request;
  const lease = member.lessor.lookup(id);
  if (lease === undefined) return { id, ttl: EXPIRED };
  return {
    id,
    ttl: lease.remainingSeconds,
    grantedTtl: lease.ttl,
    keys: request.keys ? lease.keys : [],
  };
}

/** `etcdserverpb.Lease/LeaseTimeToLive` */
export function receiveLeaseTimeToLive(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const request = LeaseTimeToLiveRequest.decode(bytes);
      member.applied.whenApplied(member.raft.committedIndex, () => {
        const header = member.headers.of(member.store.revision);
        call.reply(LeaseTimeToLiveResponse.encode({ header, ...describe(member, request) }));
      });
    } catch (error) {
      failCall(call, error);
    }
  };
}
