import { memberListJson } from "@nodetcd/membership";
import {
  LeaseInternalRequest,
  LeaseInternalResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
} from "@nodetcd/messages";
import { hexId } from "@nodetcd/peers";
import type { Http1Handler, Http1Request, Http1Response } from "@nodetcd/runtime";
import type { RequestErrorCode } from "../errors.ts";
import { LEASE_BODY_BYTES_MAX } from "../limits.ts";
import type { MemberContext } from "../member-context.ts";
import type { ReclaimState } from "../reclaim/reclaim.ts";
import { RECLAIM_PATH } from "../reclaim/start.ts";
import { renewHere } from "../receive/lease-keep-alive.ts";
import { describeLease } from "../receive/lease-time-to-live.ts";
import { promote } from "../receive/membership.ts";
import { HASH_PATH } from "../replicate/peer-hashes.ts";
import { errorText, toRequestError } from "../wire/error-map.ts";
import { serveMembers } from "./members.ts";
import { jsonReply, refuseOtherThanGet, textReply } from "./reply.ts";
import { cleanPath, redirect, targetOf } from "./target.ts";
import { serveVersion } from "./version.ts";

const PROMOTE_PATH = "/members/promote/";
/** What etcd's members read in an answer. */
const PROMOTION_REFUSALS: Partial<Record<RequestErrorCode, readonly [number, string]>> = {
  MEMBER_NOT_FOUND: [404, "membership: ID not found\n"],
  MEMBER_NOT_LEARNER: [412, "membership: can only promote a learner member\n"],
};
/** How long a request waits until what is committed is applied here, in milliseconds (etcd's number). */
const APPLY_TIMEOUT_MS = 1_000;

const protobuf = (body: Uint8Array): Http1Response => ({
  status: 200,
  headers: { "Content-Type": "application/protobuf" },
  body,
});

/** A refusal, as the handlers for peers word it. */
function refused(status: number, error: unknown): Http1Response {
  return textReply(status, `${errorText(toRequestError(error))}\n`);
}

/** Resolves false when what is committed now is not applied in time. */
function applied({ applied, raft, runtime }: MemberContext): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = runtime.clock.setTimer(APPLY_TIMEOUT_MS, () => resolve(false));
    applied.whenApplied(raft.committedIndex, () => {
      timer.cancel();
      resolve(true);
    });
  });
}

/** The body of a POST; a reply where it is none, or is too long. */
async function readBody(request: Http1Request): Promise<Uint8Array | Http1Response> {
  if (request.method !== "POST") return textReply(405, "Method Not Allowed\n");
  try {
    return await request.body(LEASE_BODY_BYTES_MAX);
  } catch {
    return textReply(413, "request body too large\n");
  }
}

/** `POST /leases`: a renewal that reached another member. */
async function serveRenewal(member: MemberContext, request: Http1Request): Promise<Http1Response> {
  const body = await readBody(request);
  if (!(body instanceof Uint8Array)) return body;
  if (!(await applied(member))) return textReply(408, "waiting for node to catch up timed out\n");
  try {
    const { id } = LeaseKeepAliveRequest.decode(body);
    const ttl = await renewHere(member, id);
    if (ttl === 0) return textReply(404, "lease not found\n");
    return protobuf(LeaseKeepAliveResponse.encode({ id, ttl }));
  } catch (error) {
    return refused(400, error);
  }
}

/** `POST /leases/internal`: what is left of a lease, which only the leader counts. */
async function serveTimeToLive(
  member: MemberContext,
  request: Http1Request,
): Promise<Http1Response> {
  const body = await readBody(request);
  if (!(body instanceof Uint8Array)) return body;
  if (!(await applied(member))) return textReply(408, "waiting for node to catch up timed out\n");
  try {
    const asked = LeaseInternalRequest.decode(body).leaseTimeToLiveRequest;
    if (asked === undefined) return textReply(400, "error unmarshalling request\n");
    const { lessor } = member;
    if (lessor.lookup(asked.id) === undefined) return textReply(404, "lease not found\n");
    // Who asks must not take it for ended: another leads by now.
    if (!lessor.primary) return textReply(500, "not a primary lessor\n");
    const found = describeLease(member, asked);
    return protobuf(
      LeaseInternalResponse.encode({ leaseTimeToLiveResponse: { header: {}, ...found } }),
    );
  } catch (error) {
    return refused(400, error);
  }
}

/** `POST /members/promote/<id in decimal>`, which a follower forwards. */
async function servePromotion(
  member: MemberContext,
  request: Http1Request,
  text: string,
): Promise<Http1Response> {
  if (request.method !== "POST") return textReply(405, "Method Not Allowed\n");
  const identified = { "X-Etcd-Cluster-Id": hexId(member.clusterId) };
  if (!/^\d{1,20}$/.test(text)) {
    return textReply(404, `member ${text} not found in cluster\n`);
  }
  try {
    await promote(member, BigInt(text));
    return {
      status: 200,
      headers: { "Content-Type": "application/json", ...identified },
      body: memberListJson(member.cluster.members()),
    };
  } catch (error) {
    const { code } = toRequestError(error);
    const fields = { "member-id": hexId(BigInt(text)), error: String(error) };
    member.logger.warn("failed to promote a member", fields);
    const known = PROMOTION_REFUSALS[code];
    return known === undefined ? refused(412, error) : textReply(...known);
  }
}

/** `GET /members/hashkv` with the body `{"revision":6}`: the hash that members compare. */
async function serveHashKv(member: MemberContext, request: Http1Request): Promise<Http1Response> {
  const otherThanGet = refuseOtherThanGet(request);
  if (otherThanGet !== undefined) return otherThanGet;
  const wanted = request.headers.get("x-etcd-cluster-id");
  if (wanted !== undefined && wanted !== hexId(member.clusterId)) {
    return textReply(412, "cluster ID mismatch\n");
  }
  let revision: number;
  try {
    const parsed: unknown = JSON.parse(
      Buffer.from(await request.body(LEASE_BODY_BYTES_MAX)).toString(),
    );
    const given: unknown = (parsed as { revision?: unknown } | null)?.revision ?? 0;
    if (typeof given !== "number" || !Number.isSafeInteger(given)) throw new TypeError();
    revision = given;
  } catch {
    return textReply(400, "error unmarshalling request\n");
  }
  try {
    const found = await member.store.hashKv(revision);
    const body = JSON.stringify({
      header: { revision: member.store.revision },
      hash: found.hash,
      compact_revision: found.compactRevision,
      hash_revision: found.hashRevision,
    });
    const headers = {
      "Content-Type": "application/json",
      "X-Etcd-Cluster-Id": hexId(member.clusterId),
    };
    return { status: 200, headers, body: `${body}\n` };
  } catch (error) {
    const refusal = toRequestError(error);
    member.logger.warn("failed to get hashKV", { "requested-revision": revision });
    return textReply(400, `${errorText(refusal).replace(/^etcdserver: /, "")}\n`);
  }
}

async function serveDowngradeEnabled(member: MemberContext): Promise<Http1Response> {
  await member.reads.wait();
  const headers = { "Content-Type": "text/plain", "X-Etcd-Cluster-Id": hexId(member.clusterId) };
  return { status: 200, headers, body: String(member.cluster.downgradeTarget !== undefined) };
}

/** The paths of the peer port that are not raft's. */
export function peerRouter(member: MemberContext, reclaim: () => ReclaimState): Http1Handler {
  return (request) => {
    const target = targetOf(request);
    if (target === undefined) return textReply(400, "400 Bad Request");
    const { path, query } = target;
    switch (path) {
      case "/version":
        return serveVersion(member, request);
      case "/members":
        return serveMembers(member, request);
      case "/downgrade/enabled":
        return serveDowngradeEnabled(member);
      case "/leases":
        return serveRenewal(member, request);
      case "/leases/internal":
        return serveTimeToLive(member, request);
      case RECLAIM_PATH:
        return jsonReply(reclaim());
      case HASH_PATH:
        return serveHashKv(member, request);
      default:
        if (path.startsWith(PROMOTE_PATH)) {
          return servePromotion(member, request, path.slice(PROMOTE_PATH.length));
        }
        return path === cleanPath(path)
          ? textReply(404, "404 page not found\n")
          : redirect(request, cleanPath(path), query);
    }
  };
}
