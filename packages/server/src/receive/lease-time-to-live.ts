import { type AttachedKeys, checkLease } from "@nodetcd/auth";
import {
  type Init,
  LeaseInternalRequest,
  LeaseInternalResponse,
  type LeaseLeasesRequest,
  type LeaseLeasesResponse,
  type LeaseTimeToLiveRequest,
  type LeaseTimeToLiveResponse,
} from "@nodetcd/messages";
import { requestTimeoutMs } from "../config.ts";
import type { MemberContext } from "../member-context.ts";
import { askLeader } from "../replicate/ask-leader.ts";
import type { UnaryHandler } from "./handler.ts";

/** A lease that is not there, or has expired: TTL -1, and no error. */
const EXPIRED = -1;

export function describeLease(
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
    const header = headers.of(store.revision);
    if (member.lessor.primary || member.raft.voters.length < 2) {
      return { header, ...describeLease(member, request) };
    }
    // Only the leader counts time.
    const question = {
      path: "/leases/internal",
      body: LeaseInternalRequest.encode({ leaseTimeToLiveRequest: request }),
      timeoutMs: requestTimeoutMs(member.config),
    };
    const reply = await askLeader(
      member,
      question,
      ({ status }) => status === 200 || status === 404,
    );
    if (reply === "here") return { header, ...describeLease(member, request) };
    if (reply.status === 404) return { header, id: request.id, ttl: EXPIRED };
    const { leaseTimeToLiveResponse: found } = LeaseInternalResponse.decode(reply.body);
    return { ...found, header };
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
  reads,
  store,
}: MemberContext): UnaryHandler<LeaseLeasesRequest, LeaseLeasesResponse> {
  const attached: AttachedKeys = (lease) => lessor.attachedKeys(lease);
  return async (_request, call) => {
    await reads.wait();
    const caller = await access.identify(call);
    auth.checkKnown(caller);
    const ids = lessor.list();
    if (!auth.isAdmin(caller)) {
      for (const id of ids) checkLease(auth, caller, id, attached, "read");
    }
    return { header: headers.of(store.revision), leases: ids.map((id) => ({ id })) };
  };
}
