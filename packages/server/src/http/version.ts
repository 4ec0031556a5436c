import type { Http1Request, Http1Response } from "@nodetcd/runtime";
import { storageVersion } from "../apply/cluster-version-set.ts";
import type { Core } from "../core.ts";
import { ETCD_VERSION } from "../version.ts";
import { jsonReply, refuseOtherThanGet } from "./reply.ts";

/** `GET /version` */
export function serveVersion(core: Core, request: Http1Request): Http1Response {
  return (
    refuseOtherThanGet(request) ??
    jsonReply({
      etcdserver: ETCD_VERSION,
      etcdcluster: core.cluster.version ?? "not_decided",
      storage: storageVersion(core.backend) ?? "unknown",
    })
  );
}
