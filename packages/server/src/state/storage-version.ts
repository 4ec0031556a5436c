import { BUCKETS, type Backend } from "@nodetcd/backend";
import type { Logger } from "@nodetcd/runtime";

const STORAGE_VERSION_KEY = Buffer.from("storageVersion");

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
  const [major, minor] = (clusterVersion ?? "0.0").split(".").map(Number) as [number, number];
  if (clusterVersion === undefined || major < 3 || (major === 3 && minor < 6)) return;
  if (storageVersion(backend) === clusterVersion) return;
  backend.put(BUCKETS.meta, STORAGE_VERSION_KEY, Buffer.from(clusterVersion));
  logger.info("updated storage version", { "new-storage-version": clusterVersion });
}
