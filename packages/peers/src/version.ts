/** The etcd version whose protocol this is; what `X-Server-Version` says unless the caller knows better. */
export const SERVER_VERSION = "3.7.1";
/** The oldest cluster version that is understood. */
export const MIN_CLUSTER_VERSION = "3.0.0";

/** Major and minor; patch and suffixes do not count between members. */
export interface MinorVersion {
  readonly major: number;
  readonly minor: number;
}

const SEMVER =
  /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** Undefined for what is no semantic version. */
export function parseVersion(text: string): MinorVersion | undefined {
  const [, major, minor] = SEMVER.exec(text) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

/** Negative when `a` is the older one. */
export function compareMinor(a: MinorVersion, b: MinorVersion): number {
  return a.major - b.major || a.minor - b.minor;
}
