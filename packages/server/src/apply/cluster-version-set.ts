import type { Logger } from "@nodetcd/runtime";
import type { ClusterVersionSetRequest } from "@nodetcd/messages";
import { BUCKETS, type Backend } from "@nodetcd/backend";
import type { Cluster } from "../membership/cluster.ts";
import { hexId } from "../membership/ids.ts";
import { minorVersion } from "../version.ts";

const STORAGE_VERSION_KEY = Buffer.from("storageVersion");

/** The schema that the database has; undefined in one that was never told, which means 3.5. */
export function storageVersion(backend: Backend): string | undefined {
  const stored = backend.get(BUCKETS.meta, STORAGE_VERSION_KEY);
  return stored === undefined ? undefined : Buffer.from(stored).toString();
}

/**
 * Takes over the version that the cluster has agreed on, and brings the database's schema to it.
 * From 3.6 on the schemas differ in this mark alone.
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
  if (storageVersion(backend) === request.ver) return;
  backend.put(BUCKETS.meta, STORAGE_VERSION_KEY, Buffer.from(request.ver));
  logger.info("updated storage version", { "new-storage-version": request.ver });
}
