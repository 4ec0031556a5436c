import type { Logger } from "@nodetcd/runtime";
import type { ClusterVersionSetRequest } from "@nodetcd/messages";
import type { Backend } from "@nodetcd/backend";
import type { Cluster } from "@nodetcd/membership";
import { hexId } from "@nodetcd/peers";
import { followClusterVersion } from "../state/storage-version.ts";
import { minorVersion } from "../version.ts";

/**
 * Takes over the version that the cluster has agreed on, and brings the database's schema to it.
 */
export function applyClusterVersionSet(
  cluster: Cluster,
  backend: Backend,
  ids: { readonly clusterId: bigint; readonly memberId: bigint },
  logger: Logger,
  request: ClusterVersionSetRequest,
): void {
  const first = cluster.version === undefined;
  cluster.setVersion(request.ver);
  logger.info(first ? "set initial cluster version" : "updated cluster version", {
    "cluster-id": hexId(ids.clusterId),
    "local-member-id": hexId(ids.memberId),
    "cluster-version": minorVersion(request.ver),
  });
  followClusterVersion(backend, request.ver, logger);
}
