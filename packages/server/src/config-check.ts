import type { MemberConfig } from "./config.ts";
import { ServerError } from "./errors.ts";

function refuse(message: string): never {
  throw new ServerError("BAD_CONFIG", message);
}

/** Where a listen URL says to listen. */
export interface ListenAddress {
  /** An address or a name; `localhost` is the address 127.0.0.1, as in etcd. */
  readonly host: string;
  readonly port: number;
  /** The host as the URL has it, in brackets if it is an IPv6 address. */
  readonly shownHost: string;
}

/** Reads `http://host:port`. Raises `BAD_CONFIG`, or `NOT_BUILT_YET` for TLS and unix sockets. */
export function parseListenUrl(url: string, option: string): ListenAddress {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return refuse(`--${option}: "${url}" is not a URL; write for example http://127.0.0.1:2379`);
  }
  if (["https:", "unix:", "unixs:"].includes(parsed.protocol)) {
    throw new ServerError(
      "NOT_BUILT_YET",
      `--${option}: ${parsed.protocol}// addresses are not built yet; use http://`,
    );
  }
  if (parsed.protocol !== "http:") refuse(`--${option}: "${url}" must begin with http://`);
  if (parsed.pathname !== "/") refuse(`--${option}: "${url}" must not have a path`);
  const port = parsed.port === "" ? (/:80\/?$/.test(url) ? 80 : NaN) : Number(parsed.port);
  if (Number.isNaN(port)) refuse(`--${option}: "${url}" has no port`);
  const shownHost = parsed.hostname;
  const host = shownHost === "localhost" ? "127.0.0.1" : shownHost.replace(/^\[|\]$/g, "");
  return { host, port, shownHost };
}

/** `name=url,name=url` as pairs in the order given. */
export function parseInitialCluster(text: string): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const pair of text.split(",").filter((part) => part.trim() !== "")) {
    const equals = pair.indexOf("=");
    if (equals < 1) {
      refuse(
        `--initial-cluster: "${pair}" is not name=url; write for example default=http://localhost:2380`,
      );
    }
    const name = pair.slice(0, equals).trim();
    members.set(name, [...(members.get(name) ?? []), pair.slice(equals + 1).trim()]);
  }
  return members;
}

/** The peer URLs of this member in a new cluster. Raises what makes the options contradict. */
export function foundingPeerUrls(config: MemberConfig): readonly string[] {
  if (config.initialClusterState === "existing") {
    throw new ServerError(
      "NOT_BUILT_YET",
      "--initial-cluster-state existing: joining a cluster is not built yet",
    );
  }
  if (config.initialCluster === "") return config.initialAdvertisePeerUrls;
  const members = parseInitialCluster(config.initialCluster);
  const own = members.get(config.name);
  if (own === undefined) {
    refuse(
      `--initial-cluster has no member "${config.name}" (--name); it has ${[...members.keys()].join(", ")}`,
    );
  }
  if (members.size > 1) {
    throw new ServerError(
      "NOT_BUILT_YET",
      `--initial-cluster names ${members.size} members: clusters of several members are not built yet`,
    );
  }
  if (own.toSorted().join() !== config.initialAdvertisePeerUrls.toSorted().join()) {
    refuse(
      `--initial-cluster says ${own.join(",")} for this member, but --initial-advertise-peer-urls ` +
        `says ${config.initialAdvertisePeerUrls.join(",")}; make them equal`,
    );
  }
  return own;
}

/** Raises `BAD_CONFIG` for options that cannot work. */
export function checkConfig(config: MemberConfig): void {
  const { electionTimeoutMs, heartbeatIntervalMs, snapshotCount } = config;
  if (config.name === "") refuse("--name must not be empty");
  if (heartbeatIntervalMs <= 0) refuse("--heartbeat-interval must be greater than 0 ms");
  if (electionTimeoutMs < 5 * heartbeatIntervalMs) {
    refuse(
      `--election-timeout[${electionTimeoutMs}ms] should be at least as 5 times as ` +
        `--heartbeat-interval[${heartbeatIntervalMs}ms]`,
    );
  }
  if (electionTimeoutMs > 50_000) {
    refuse(
      `--election-timeout[${electionTimeoutMs}ms] is too long, and should be set less than 50000ms`,
    );
  }
  if (snapshotCount < 1) refuse("--snapshot-count must be at least 1");
  if (config.maxRequestBytes < 1) refuse("--max-request-bytes must be at least 1");
  if (config.maxTxnOps < 1) refuse("--max-txn-ops must be at least 1");
  for (const url of config.listenClientUrls) parseListenUrl(url, "listen-client-urls");
  for (const url of config.listenClientHttpUrls) parseListenUrl(url, "listen-client-http-urls");
  for (const url of config.listenPeerUrls) parseListenUrl(url, "listen-peer-urls");
  for (const url of config.listenMetricsUrls) parseListenUrl(url, "listen-metrics-urls");
}
