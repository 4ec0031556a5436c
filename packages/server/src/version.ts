/** The etcd version whose behaviour this is; what programs see in Status and `/version`. */
export const ETCD_VERSION = "3.7.1";
/** The version that a cluster of such members agrees on, and the schema of its database. */
export const CLUSTER_VERSION = "3.7.0";

/** `3.7.0` as people say it: `3.7`. */
export function minorVersion(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
