import { parseRetention } from "./compact-policy/retention.ts";
import type { MemberConfig } from "./config.ts";
import { ServerError } from "./errors.ts";
import { parseListenUrl } from "./listen-url.ts";
import { checkSecurity } from "./tls/check.ts";

function refuse(message: string): never {
  throw new ServerError("BAD_CONFIG", message);
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
      "--initial-cluster-state existing: joining a cluster is not built yet; leave it out to begin a new one",
    );
  }
  if (config.initialCluster === "") return config.initialAdvertisePeerUrls;
  const members = parseInitialCluster(config.initialCluster);
  const own = members.get(config.name);
  if (own === undefined) {
    refuse(
      `--initial-cluster has no member "${config.name}" (--name); it has ${[...members.keys()].join(", ")}. Make --name one of them`,
    );
  }
  if (members.size > 1) {
    throw new ServerError(
      "NOT_BUILT_YET",
      `--initial-cluster names ${members.size} members: clusters of several members are not built yet; name this one alone`,
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
  parseRetention(config.autoCompactionMode, config.autoCompactionRetention);
  for (const url of config.listenClientUrls) parseListenUrl(url, "listen-client-urls");
  for (const url of config.listenClientHttpUrls) parseListenUrl(url, "listen-client-http-urls");
  for (const url of config.listenPeerUrls) parseListenUrl(url, "listen-peer-urls");
  for (const url of config.listenMetricsUrls) parseListenUrl(url, "listen-metrics-urls");
  checkSecurity(config);
}
