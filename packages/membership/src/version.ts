import { compareMinor, MIN_CLUSTER_VERSION, type MinorVersion, parseVersion } from "@nodetcd/peers";
import { MembershipError } from "./errors.ts";

export { compareMinor, MIN_CLUSTER_VERSION, type MinorVersion, parseVersion };

/** `3.7.0`: how a cluster version, which has no patch, is written. */
export function clusterVersionText({ major, minor }: MinorVersion): string {
  return `${major}.${minor}.0`;
}

/** `3.7`, as people and replies say it. */
export function minorText(version: string): string {
  const { major, minor } = versionOf(version);
  return `${major}.${minor}`;
}

/** Raises `MembershipError` BAD_VERSION. */
export function versionOf(text: string): MinorVersion {
  const version = parseVersion(text);
  if (version === undefined) throw new MembershipError("BAD_VERSION", `"${text}" is not a version`);
  return version;
}

/** The one version that may be downgraded to. */
export function oneMinorBelow({ major, minor }: MinorVersion): MinorVersion {
  return { major, minor: minor - 1 };
}

/** True when the cluster has agreed on this version or a later one: what came with it may be used. */
export function isClusterAtLeast(clusterVersion: string | undefined, wanted: string): boolean {
  return (
    clusterVersion !== undefined && compareMinor(versionOf(clusterVersion), versionOf(wanted)) >= 0
  );
}

/** Stops a member that is older than what the cluster has agreed on; MembershipError BAD_VERSION in etcd's words. */
export function refuseOlderServer(serverVersion: string, clusterVersion: string | undefined): void {
  if (isClusterAtLeast(serverVersion, clusterVersion ?? MIN_CLUSTER_VERSION)) return;
  throw new MembershipError(
    "BAD_VERSION",
    "invalid downgrade; server version is lower than determined cluster version",
  );
}
