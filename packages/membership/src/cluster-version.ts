import { hexId } from "@nodetcd/peers";
import type { Logger } from "@nodetcd/runtime";
import { MembershipError } from "./errors.ts";
import {
  clusterVersionText,
  compareMinor,
  MIN_CLUSTER_VERSION,
  type MinorVersion,
  oneMinorBelow,
  parseVersion,
  versionOf,
} from "./version.ts";

/** The server version of every member, this one included; undefined for one that did not answer. */
export type MemberVersions = ReadonlyMap<bigint, string | undefined>;

/** What a leader decides the cluster version from. */
export interface VersionState {
  /** Agreed on so far. */
  readonly clusterVersion: string | undefined;
  /** Of a downgrade under way. */
  readonly downgradeTarget: string | undefined;
  readonly members: MemberVersions;
  /** Of this member. */
  readonly serverVersion: string;
}

/** A member's version; undefined, with a line, for what cannot be read. */
function readVersion(id: bigint, text: string, logger: Logger): MinorVersion | undefined {
  const version = parseVersion(text);
  if (version === undefined) {
    logger.warn("failed to parse server version of remote member", {
      "remote-member-id": hexId(id),
      "remote-member-version": text,
    });
  }
  return version;
}

/** The lowest version of all members; undefined as soon as one is not known. */
function lowest(
  { members, serverVersion }: VersionState,
  logger: Logger,
): MinorVersion | undefined {
  let min: MinorVersion | undefined;
  for (const [id, text] of members) {
    const version = text === undefined ? undefined : readVersion(id, text, logger);
    if (version === undefined) return undefined;
    if (compareMinor(version, versionOf(serverVersion)) > 0) {
      logger.warn("leader found higher-versioned member", {
        "local-member-version": serverVersion,
        "remote-member-id": hexId(id),
        "remote-member-version": text,
      });
    }
    if (min === undefined || compareMinor(version, min) < 0) min = version;
  }
  return min;
}

/**
 * The version that a leader should propose now; undefined to leave it as it is. A member that is silent stops
 * every change but the first: then the cluster begins with 3.0.0.
 */
export function decideClusterVersion(state: VersionState, logger: Logger): string | undefined {
  const { clusterVersion, downgradeTarget } = state;
  const min = lowest(state, logger);
  if (clusterVersion === undefined)
    return min === undefined ? MIN_CLUSTER_VERSION : clusterVersionText(min);
  if (min === undefined) return undefined;
  const current = versionOf(clusterVersion);
  if (downgradeTarget === undefined) {
    const rises = current.major === min.major && compareMinor(current, min) < 0;
    return rises ? clusterVersionText(min) : undefined;
  }
  const target = versionOf(downgradeTarget);
  if (compareMinor(target, current) === 0) return undefined;
  const fits = (from: MinorVersion): boolean => compareMinor(target, oneMinorBelow(from)) === 0;
  if (fits(current) && fits(min)) return clusterVersionText(target);
  const line = fits(current)
    ? "Cannot downgrade from minimal-server-version to downgrade-target"
    : "Cannot downgrade from cluster-version to downgrade-target";
  logger.error(line, {
    "downgrade-target": downgradeTarget,
    ...(fits(current)
      ? { "minimal-server-version": clusterVersionText(min) }
      : { "cluster-version": clusterVersion }),
  });
  return undefined;
}

/** True once every member runs the version that a downgrade leads to: the job is done. */
export function isDowngraded(target: string, members: MemberVersions, logger: Logger): boolean {
  const wanted = versionOf(target);
  for (const [id, text] of members) {
    const version = text === undefined ? undefined : readVersion(id, text, logger);
    if (version === undefined) return false;
    if (compareMinor(version, wanted) !== 0) {
      logger.warn("remotes server has mismatching etcd version", {
        "remote-member-id": hexId(id),
        "current-server-version": clusterVersionText(version),
        "target-version": clusterVersionText(wanted),
      });
      return false;
    }
  }
  return true;
}

/**
 * Looks whether a downgrade may begin, and returns its target as `3.6.0`; `3.6` is understood, too. Raises
 * `MembershipError` with the codes of downgrades.
 */
export function checkDowngrade(
  target: string,
  clusterVersion: string | undefined,
  downgradeTarget: string | undefined,
): string {
  const wanted = parseVersion(target) ?? parseVersion(`${target}.0`);
  if (wanted === undefined) throw new MembershipError("BAD_DOWNGRADE_FORMAT");
  if (clusterVersion === undefined) throw new MembershipError("NO_CLUSTER_VERSION");
  if (compareMinor(wanted, oneMinorBelow(versionOf(clusterVersion))) !== 0) {
    throw new MembershipError("BAD_DOWNGRADE_TARGET");
  }
  if (downgradeTarget !== undefined) throw new MembershipError("DOWNGRADE_IN_PROGRESS");
  return clusterVersionText(wanted);
}

/** Raises NO_DOWNGRADE when there is nothing to cancel. */
export function checkDowngradeCancel(downgradeTarget: string | undefined): void {
  if (downgradeTarget === undefined) throw new MembershipError("NO_DOWNGRADE");
}

/** The schema that the database should have now; undefined when it is right, or not known yet. */
export function wantedStorageVersion(
  clusterVersion: string | undefined,
  storageVersion: string | undefined,
): string | undefined {
  if (clusterVersion === undefined || clusterVersion === MIN_CLUSTER_VERSION) return undefined;
  const wanted = versionOf(clusterVersion);
  const right =
    storageVersion !== undefined && compareMinor(versionOf(storageVersion), wanted) === 0;
  return right ? undefined : clusterVersionText(wanted);
}

/** The cluster versions that a member of this version may join, lowest and highest. */
export function joinableRange(
  serverVersion: string,
  downgrading: boolean,
): [MinorVersion, MinorVersion] {
  const { major, minor } = versionOf(serverVersion);
  // During a downgrade members come back one minor lower, and only those.
  if (downgrading)
    return [
      { major, minor: minor + 1 },
      { major, minor: minor + 1 },
    ];
  return [versionOf(MIN_CLUSTER_VERSION), { major, minor }];
}
