import type { Logger } from "@nodetcd/runtime";
import type { ClusterVersionSetRequest } from "@nodetcd/messages";
import type { Backend } from "@nodetcd/backend";
import type { Cluster } from "@nodetcd/membership";
import { hexId } from "@nodetcd/peers";
import { followClusterVersion, isSchemaAhead } from "../state/storage-version.ts";
import { minorVersion } from "../version.ts";

/**
 * Takes over the version that the cluster has agreed on, and brings the database's schema to it. A lower one is for
 * `onDowngrade`: first the log must begin behind the entries that an older program would refuse.
 */
export function applyClusterVersionSet(
  cluster: Cluster,
  backend: Backend,
  ids: { readonly clusterId: bigint; readonly memberId: bigint },
  logger: Logger,
  request: ClusterVersionSetRequest,
  onDowngrade: () => void,
): void {
  const { version: before } = cluster;
  cluster.setVersion(request.ver);
  logger.info(before === undefined ? "set initial cluster version" : "updated cluster version", {
    "cluster-id": hexId(ids.clusterId),
    "local-member-id": hexId(ids.memberId),
    "cluster-version": minorVersion(request.ver),
  });
  if (!isSchemaAhead(backend, request.ver)) {
    followClusterVersion(backend, request.ver, logger);
    return;
  }
  logger.info("Cluster version downgrade detected, forcing snapshot", {
    "prev-cluster-version": before ?? "",
    "new-cluster-version": request.ver,
  });
  onDowngrade();
}
