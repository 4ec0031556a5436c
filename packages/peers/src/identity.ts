import { compareMinor, MIN_CLUSTER_VERSION, type MinorVersion, parseVersion } from "./version.ts";

/** Who this member is to its peers. */
export interface Identity {
  readonly memberId: bigint;
  readonly clusterId: bigint;
  /** Advertised; peers that do not know this member yet learn them from requests. */
  readonly peerUrls: readonly string[];
  readonly serverVersion: string;
}

/** An id as etcd prints it: hexadecimal without leading zeros. */
export function hexId(id: bigint): string {
  return id.toString(16);
}

/** Undefined for what is no id. */
export function parseHexId(text: string): bigint | undefined {
  return /^[0-9a-fA-F]{1,16}$/.test(text) ? BigInt(`0x${text}`) : undefined;
}

/** The headers that every request between members has. */
export function requestHeaders(identity: Identity): Record<string, string> {
  const { memberId, clusterId, peerUrls, serverVersion } = identity;
  return {
    "X-Server-From": hexId(memberId),
    "X-Server-Version": serverVersion,
    "X-Min-Cluster-Version": MIN_CLUSTER_VERSION,
    "X-Etcd-Cluster-Id": hexId(clusterId),
    ...(peerUrls.length > 0 ? { "X-Peerurls": peerUrls.join(",") } : {}),
  };
}

type Headers = ReadonlyMap<string, string>;

/** The version in a header; a peer without the header is of the time before it. */
function versionIn(headers: Headers, name: string): MinorVersion | undefined {
  return parseVersion(headers.get(name) ?? "2.0.0");
}

/** The version of the peer that answered; undefined when it cannot be read. */
export function serverVersionOf(headers: Headers): MinorVersion | undefined {
  return versionIn(headers, "x-server-version");
}

/** Why a request is refused; `malformed` gets no answer at all, as in etcd. */
export type Refusal =
  | { readonly kind: "malformed" }
  | { readonly kind: "version" | "cluster"; readonly reason: string };

/** Looks whether the peer's version fits, and whether it is of the same cluster. */
export function checkRequest(identity: Identity, headers: Headers): Refusal | undefined {
  const remote = versionIn(headers, "x-server-version");
  const remoteMin = versionIn(headers, "x-min-cluster-version");
  const local = parseVersion(identity.serverVersion);
  const localMin = parseVersion(MIN_CLUSTER_VERSION);
  if (!remote || !remoteMin || !local || !localMin) return { kind: "malformed" };
  const name = headers.get("x-server-from") ?? "";
  const shown = headers.get("x-server-version") ?? "2.0.0";
  const pair = `remote[${name}]=${shown}, local=${identity.serverVersion}`;
  if (compareMinor(remote, localMin) < 0) {
    return { kind: "version", reason: `remote version is too low: ${pair}` };
  }
  if (compareMinor(remoteMin, local) > 0) {
    return { kind: "version", reason: `local version is too low: ${pair}` };
  }
  if (headers.get("x-etcd-cluster-id") !== hexId(identity.clusterId)) {
    return { kind: "cluster", reason: "cluster ID mismatch" };
  }
  return undefined;
}
