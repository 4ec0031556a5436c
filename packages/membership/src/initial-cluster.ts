import type { Resolver } from "@nodetcd/runtime";
import { MembershipError, textOf } from "./errors.ts";
import { clusterIdOf, memberIdOf } from "./ids.ts";
import type { MemberRecord } from "./member-json.ts";

/** Names of the members of a cluster, and the peer URLs of each, sorted. */
export type InitialCluster = ReadonlyMap<string, readonly string[]>;

function bad(message: string): never {
  throw new MembershipError("BAD_INITIAL_CLUSTER", message);
}

/** A peer URL as etcd takes it: scheme, host, port, and nothing behind. Raises BAD_INITIAL_CLUSTER. */
export function checkPeerUrl(given: string): string {
  const url = given.trim();
  const [, scheme, rest = ""] = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(url) ?? [];
  if (scheme === "unix" || scheme === "unixs") return url;
  if (scheme !== "http" && scheme !== "https")
    bad(`URL scheme must be http, https, unix, or unixs: ${url}`);
  const [authority = ""] = /^[^/?#]*/.exec(rest) ?? [];
  if (!/^(\[[^\]]*\]|[^:@[\]\s]*):\d*$/.test(authority))
    bad(`URL address does not have the form "host:port": ${url}`);
  if (rest !== authority) bad(`URL must not contain a path: ${url}`);
  return url;
}

/** Reads `--initial-cluster`: `a=http://h1:2380,b=http://h2:2380`; a name may come several times. */
export function parseInitialCluster(text: string): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const pair of text.split(",").filter((part) => part.trim() !== "")) {
    const [, name = "", url = ""] = /^([^=]*)=(.*)$/s.exec(pair) ?? [pair, pair.trim(), ""];
    const urls = [...(members.get(name.trim()) ?? []), checkPeerUrl(url)];
    members.set(
      name.trim(),
      urls.sort((a, b) => (a < b ? -1 : 1)),
    );
  }
  return members;
}

/** As `parseInitialCluster` reads it: pairs sorted. */
export function initialClusterText(cluster: InitialCluster): string {
  const pairs = [...cluster].flatMap(([name, urls]) => urls.map((url) => `${name}=${url}`));
  return pairs.sort((a, b) => (a < b ? -1 : 1)).join(",");
}

/** A URL with its host as an address. */
async function resolved(url: string, resolver: Resolver): Promise<string> {
  const [, scheme, host, port] = /^(https?):\/\/(?:\[?([^\]]*?)\]?):(\d+)$/.exec(url) ?? [];
  if (scheme === undefined || host === undefined) return url;
  // As in etcd, localhost is not looked up.
  const isAddress = /^[\d.]+$/.test(host) || host.includes(":") || host === "localhost";
  const [address = host] = isAddress ? [host] : await resolver.addresses(host);
  return `${scheme}://${address}:${port}`;
}

/** Why two lists of URLs are not of the same member, names resolved; undefined when they are. */
export async function urlsDiffer(
  one: readonly string[],
  other: readonly string[],
  resolver: Resolver,
): Promise<string | undefined> {
  if (one.length !== other.length) {
    return `(len([${one.join(" ")}]) != len([${other.join(" ")}]): ${one.length} != ${other.length})`;
  }
  const sorted = [one.toSorted(), other.toSorted()] as const;
  if (sorted[0].every((url, i) => url === sorted[1][i])) return undefined;
  try {
    const left = (await Promise.all(one.map((url) => resolved(url, resolver)))).toSorted();
    const right = (await Promise.all(other.map((url) => resolved(url, resolver)))).toSorted();
    const i = left.findIndex((url, place) => url !== right[place]);
    return i < 0 ? undefined : `(resolved urls: "${left[i]}" != "${right[i]}")`;
  } catch (error) {
    return `(${textOf(error)})`;
  }
}

/** Raises BAD_INITIAL_CLUSTER when this member is not among them, or a URL comes twice. */
export function checkNames(cluster: InitialCluster, name: string): void {
  if (!cluster.has(name))
    bad(`couldn't find local name "${name}" in the initial cluster configuration`);
  const all = [...cluster.values()].flat();
  if (new Set(all).size < all.length)
    bad(`initial cluster ${initialClusterText(cluster)} has duplicate url`);
}

/** Raises BAD_INITIAL_CLUSTER when what this member advertises is not what the list says of it. */
export async function checkAdvertised(
  cluster: InitialCluster,
  name: string,
  advertised: readonly string[],
  resolver: Resolver,
): Promise<void> {
  const listed = cluster.get(name) ?? [];
  const own = advertised.toSorted();
  const why = await urlsDiffer(own, listed, resolver);
  if (why === undefined) return;
  const missing = listed.filter((url) => !own.includes(url)).map((url) => `${name}=${url}`);
  if (missing.length > 0) {
    bad(
      `--initial-cluster has ${missing.join(",")} but missing from --initial-advertise-peer-urls=${own.join(",")} ${why}`,
    );
  }
  const more = own.filter((url) => !listed.includes(url));
  const all = own.map((url) => `${name}=${url}`).join(",");
  if (more.length > 0)
    bad(
      `--initial-advertise-peer-urls has ${more.join(",")} but missing from --initial-cluster=${all}`,
    );
  bad(`failed to resolve ${own.join(",")} to match --initial-cluster=${all} ${why}`);
}

/** The members of a new cluster, ascending by id, and its id. */
export async function foundCluster(
  cluster: InitialCluster,
  token: string,
): Promise<{ readonly clusterId: bigint; readonly members: readonly MemberRecord[] }> {
  const members = await Promise.all(
    [...cluster].map(async ([name, urls]) => {
      const peerUrls = urls.toSorted();
      const id = await memberIdOf(peerUrls, token);
      return { id, name, peerUrls, clientUrls: [], isLearner: false };
    }),
  );
  members.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { clusterId: await clusterIdOf(members.map(({ id }) => id)), members };
}
