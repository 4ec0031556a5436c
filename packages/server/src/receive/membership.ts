import type {
  MemberAddRequest,
  MemberAddResponse,
  MemberPromoteRequest,
  MemberPromoteResponse,
  MemberRemoveRequest,
  MemberRemoveResponse,
  MemberUpdateRequest,
  MemberUpdateResponse,
} from "@nodetcd/messages";
import { notImplemented, RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import type { UnaryHandler } from "./handler.ts";

/** A scheme, a host, a port, and nothing behind it. */
const PEER_URL = /^(https?:\/\/[^/?#]*:\d*|unixs?:\/\/.+)$/;

/** Raises `BAD_MEMBER_URLS`. */
export function checkPeerUrls(peerUrls: readonly string[]): void {
  const sound = peerUrls.length > 0 && peerUrls.every((url) => PEER_URL.test(url.trim()));
  if (!sound) throw new RequestError("BAD_MEMBER_URLS");
}

/** `etcdserverpb.Cluster/MemberAdd`: URLs are checked as in etcd; adding is not built yet. */
export function receiveMemberAdd(): UnaryHandler<MemberAddRequest, MemberAddResponse> {
  return ({ peerUrls }) => {
    checkPeerUrls(peerUrls);
    throw notImplemented("MemberAdd");
  };
}

/** `etcdserverpb.Cluster/MemberRemove`: removing a member that exists is not built yet. */
export function receiveMemberRemove({
  cluster,
}: MemberContext): UnaryHandler<MemberRemoveRequest, MemberRemoveResponse> {
  return ({ id }) => {
    const known = cluster.member(id) !== undefined;
    throw known ? notImplemented("MemberRemove") : new RequestError("MEMBER_NOT_FOUND");
  };
}

/** `etcdserverpb.Cluster/MemberUpdate`: changing a member that exists is not built yet. */
export function receiveMemberUpdate({
  cluster,
}: MemberContext): UnaryHandler<MemberUpdateRequest, MemberUpdateResponse> {
  return ({ id }) => {
    const known = cluster.member(id) !== undefined;
    throw known ? notImplemented("MemberUpdate") : new RequestError("MEMBER_NOT_FOUND");
  };
}

/** `etcdserverpb.Cluster/MemberPromote`: a cluster of one has no learner that could be promoted. */
export function receiveMemberPromote({
  cluster,
}: MemberContext): UnaryHandler<MemberPromoteRequest, MemberPromoteResponse> {
  return ({ id }) => {
    const known = cluster.member(id) !== undefined;
    throw new RequestError(known ? "MEMBER_NOT_LEARNER" : "MEMBER_NOT_FOUND");
  };
}
