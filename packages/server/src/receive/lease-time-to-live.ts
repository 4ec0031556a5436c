import { type AttachedKeys, checkLease } from "@nodetcd/auth";
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
  const { access, applied, auth, headers, lessor, raft, store } = member;
  return async (request, call) => {
    await new Promise<void>((resolve) => applied.whenApplied(raft.committedIndex, resolve));
    const caller = await access.identify(call);
    auth.checkKnown(caller);
    const { id, keys } = request;
    if (keys) checkLease(auth, caller, id, (lease) => lessor.attachedKeys(lease), "read");
    return { header: headers.of(store.revision), ...describe(member, request) };
  };
}

/**
 * `etcdserverpb.Lease/LeaseLeases`: the ids of all leases that have not ended, for whoever may read the keys of all of
 * them.
 */
export function receiveLeaseLeases({
  access,
  auth,
  headers,
  lessor,
  store,
}: MemberContext): UnaryHandler<LeaseLeasesRequest, LeaseLeasesResponse> {
  const attached: AttachedKeys = (lease) => lessor.attachedKeys(lease);
  return async (_request, call) => {
    const caller = await access.identify(call);
    auth.checkKnown(caller);
    const ids = lessor.list();
    if (!auth.isAdmin(caller)) {
      for (const id of ids) checkLease(auth, caller, id, attached, "read");
    }
    return { header: headers.of(store.revision), leases: ids.map((id) => ({ id })) };
  };
}
