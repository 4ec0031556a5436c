import type {
  Init,
  LeaseLeasesRequest,
  LeaseLeasesResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import type { UnaryHandler } from "./handler.ts";

/** A lease that is not there, or has expired: TTL -1, and no error. */
const EXPIRED = -1;

function describe(
  member: MemberContext,
  { id, keys }: LeaseTimeToLiveRequest,
): Init<LeaseTimeToLiveResponse> {
  const lease = member.lessor.lookup(id);
  if (lease === undefined) return { id, ttl: EXPIRED };
  return { id, ttl: lease.remainingSeconds, grantedTtl: lease.ttl, keys: keys ? lease.keys : [] };
}

/** `etcdserverpb.Lease/LeaseTimeToLive` */
export function receiveLeaseTimeToLive(
  member: MemberContext,
): UnaryHandler<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse> {
  const { applied, headers, raft, store } = member;
  return async (request) => {
    await new Promise<void>((resolve) => applied.whenApplied(raft.committedIndex, resolve));
    return { header: headers.of(store.revision), ...describe(member, request) };
  };
}

/** `etcdserverpb.Lease/LeaseLeases`: the ids of all leases that have not ended. */
export function receiveLeaseLeases({
  headers,
  lessor,
  store,
}: MemberContext): UnaryHandler<LeaseLeasesRequest, LeaseLeasesResponse> {
  return () => ({
    header: headers.of(store.revision),
    leases: lessor.list().map((id) => ({ id })),
  });
}
