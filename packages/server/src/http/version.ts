import type { Http1Request, Http1Response } from "@nodetcd/runtime";
import { storageVersion } from "../state/storage-version.ts";
import type { MemberContext } from "../member-context.ts";
import { ETCD_VERSION } from "../version.ts";
import { jsonReply, refuseOtherThanGet } from "./reply.ts";

/** `GET /version` */
export function serveVersion(member: MemberContext, request: Http1Request): Http1Response {
  return (
    refuseOtherThanGet(request) ??
    jsonReply({
      etcdserver: ETCD_VERSION,
      etcdcluster: member.cluster.version ?? "not_decided",
      storage: storageVersion(member.backend) ?? "unknown",
    })
  );
}
