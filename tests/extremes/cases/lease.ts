/** Leases at their edges. */
import { LeaseGrantResponse, LeaseRevokeResponse, METHODS } from "@nodetcd/messages";
import { type Case, EDGES, INT64_MAX, INT64_MIN, Method } from "../case.ts";
import { message } from "../wire.ts";
import { malformed, PUT } from "./kv.ts";

export const GRANT: Method<LeaseGrantResponse> = new Method(METHODS.Lease.LeaseGrant);
export const REVOKE: Method<LeaseRevokeResponse> = new Method(METHODS.Lease.LeaseRevoke);
const KEEP_ALIVE = new Method(METHODS.Lease.LeaseKeepAlive);
const TIME_TO_LIVE = new Method(METHODS.Lease.LeaseTimeToLive);
const LEASES = new Method(METHODS.Lease.LeaseLeases);

const IDS: readonly bigint[] = [0n, 1n, 77n, ...EDGES];

/** Times to live from refused to the largest; the id makes the replies comparable. */
const TTLS: readonly bigint[] = [0n, 1n, 8_999_999_999n, 9_000_000_000n, 9_000_000_001n, ...EDGES];

export const LEASE_CASES: readonly Case[] = [
  ...TTLS.map((ttl, index) => GRANT.call(`TTL ${ttl}`, message([1, ttl], [2, 100 + index]))),
  GRANT.call("an id that is taken", message([1, 60], [2, 101])),
  GRANT.call("a taken id and a TTL too large", message([1, INT64_MAX], [2, 101])),
  ...EDGES.map((id) => GRANT.call(`id ${id}`, message([1, 6000], [2, id]))),
  ...malformed(GRANT, message([1, 100], [2, 55])),
  LEASES.call("what there is", message()),
  ...EDGES.map((id) => PUT.call(`with lease ${id}`, message([1, `l${id}`], [2, "v"], [3, id]))),
  ...IDS.map((id) => TIME_TO_LIVE.call(`id ${id}`, message([1, id], [2, 1]))),
  TIME_TO_LIVE.call("nothing given", message()),
  ...malformed(TIME_TO_LIVE, message([1, 77])),
  ...IDS.map((id) => KEEP_ALIVE.converse(`id ${id}`, message([1, id]))),
  KEEP_ALIVE.call("no request"),
  KEEP_ALIVE.call(
    "unknown ids and known ones, then the end",
    message([1, 77]),
    message([1, -1]),
    message([1, 78]),
  ),
  KEEP_ALIVE.converse(
    "a malformed request",
    message([1, -1]),
    Uint8Array.of(0x08),
    message([1, -1]),
  ),
  ...IDS.map((id) => REVOKE.call(`id ${id}`, message([1, id]))),
  ...IDS.map((id) => REVOKE.call(`id ${id} again`, message([1, id]))),
  REVOKE.call("nothing given", message()),
  ...malformed(REVOKE, message([1, 77])),
  ...TTLS.map((_, index) => REVOKE.call(`${100 + index}`, message([1, 100 + index]))),
  REVOKE.call("the least id, which is gone", message([1, INT64_MIN])),
  LEASES.call("what is left", message()),
  LEASES.call("a request with unknown fields", message([5, 1], [6, "x"])),
];
