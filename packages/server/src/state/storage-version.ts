import { BUCKETS, type Backend } from "@nodetcd/backend";
import type { Cluster } from "@nodetcd/membership";
import type { Logger } from "@nodetcd/runtime";
import { ETCD_VERSION } from "../version.ts";

const STORAGE_VERSION_KEY = Buffer.from("storageVersion");

/** 3.6 */
const FIRST_MARKED = 3_006;
/** What a database is called that has no mark. */
const UNMARKED = "3.5.0";

/** In the order of versions; patches count for nothing. */
function rank(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 1_000 + minor;
}

/** The database's schema is newer than the cluster's version: the cluster is being downgraded. */
export function isSchemaAhead(backend: Backend, clusterVersion: string | undefined): boolean {
  const stored = storageVersion(backend);
  if (stored === undefined || clusterVersion === undefined) return false;
  return rank(stored) > rank(clusterVersion);
}

/** The schema that the database has; undefined in one that was never told, which means 3.5. */
export function storageVersion(backend: Backend): string | undefined {
  const stored = backend.get(BUCKETS.meta, STORAGE_VERSION_KEY);
  return stored === undefined ? undefined : Buffer.from(stored).toString();
}

/**
 * Brings the database's schema to the cluster's version: after the cluster has agreed on one, and where a
 * tool has put it back (`etcdutl migrate`). From 3.6 on the schemas differ in this mark alone; before, there is none.
 */
export function followClusterVersion(
  backend: Backend,
  clusterVersion: string | undefined,
  logger: Logger,
): void {
  if (clusterVersion === undefined || rank(clusterVersion) < FIRST_MARKED) return;
  const present = storageVersion(backend);
  if (present === clusterVersion) return;
  logger.info("cluster version differs from storage version.", {
    "cluster-version": clusterVersion,
    "storage-version": present ?? UNMARKED,
  });
  backend.put(BUCKETS.meta, STORAGE_VERSION_KEY, Buffer.from(clusterVersion));
  logger.info("updated storage version", { "new-storage-version": clusterVersion });
}

/** As `followClusterVersion`, once nothing that a restart would replay needs the newer schema any more. */
export function lowerSchema(
  backend: Backend,
  { version, downgradeTarget }: Pick<Cluster, "version" | "downgradeTarget">,
  logger: Logger,
): void {
  followClusterVersion(backend, version, logger);
  if (downgradeTarget === undefined) return;
  logger.info("The server is ready to downgrade", {
    "target-version": downgradeTarget,
    "server-version": ETCD_VERSION,
  });
}
