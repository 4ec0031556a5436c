/** The lines that etcd writes when it starts and stops, as far as they are true here; people and scripts know them. */
import { goDuration, type Logger } from "@nodetcd/runtime";
import { DEFAULT_QUOTA_BYTES } from "./state/quota.ts";
import { parseRetention } from "./compact-policy/retention.ts";
import type { MemberConfig } from "./config.ts";
import type { DataDirectory } from "./data-dir.ts";
import type { Endpoint, Endpoints } from "./listen.ts";
import { isSecureUrl } from "./listen-url.ts";
import { ETCD_VERSION } from "./version.ts";

/** Above this etcd warns: it was never tried with more. */
const QUOTA_BYTES_MAX: number = 8 * 1024 * 1024 * 1024;

/** Before the addresses are bound. */
export function logListening(logger: Logger, config: MemberConfig): void {
  if (config.listenPeerUrls.length > 0) {
    const urls = { "listen-peer-urls": config.listenPeerUrls };
    logger.info("configuring peer listeners", urls);
  }
  if (config.listenClientUrls.length > 0) {
    const urls = { "listen-client-urls": config.listenClientUrls };
    logger.info("configuring client listeners", urls);
  }
}

function featureGates(config: MemberConfig): string {
  return Object.entries(config.featureGates)
    .map(([gate, on]) => `${gate}=${on}`)
    .join(",");
}

/** As etcd shows it: as a duration, of which each revision to keep is a nanosecond. */
function retentionText({
  autoCompactionMode: mode,
  autoCompactionRetention,
}: MemberConfig): string {
  const kept = parseRetention(mode, autoCompactionRetention);
  return goDuration(mode === "revision" ? kept / 1e6 : kept);
}

/** Before the data directory is opened: what the member was told. */
export function logStarting(
  logger: Logger,
  config: MemberConfig,
  directory: DataDirectory,
  isInitialized: boolean,
  advertisedClientUrls: readonly string[],
): void {
  if (isInitialized) {
    const fields = { "data-dir": config.dataDir, "dir-type": "member" };
    logger.info("server has already been initialized", fields);
  } else {
    const fields = { "data-dir": config.dataDir, "dir-type": "empty" };
    logger.info("Initialize and start etcd server", fields);
  }
  const retention = retentionText(config);
  logger.info("starting an etcd server", {
    "etcd-version": ETCD_VERSION,
    "member-initialized": isInitialized,
    name: config.name,
    "data-dir": config.dataDir,
    "wal-dir": config.walDir,
    "wal-dir-dedicated": config.walDir,
    "member-dir": directory.member,
    "force-new-cluster": config.forceNewCluster,
    "heartbeat-interval": goDuration(config.heartbeatIntervalMs),
    "election-timeout": goDuration(config.electionTimeoutMs),
    "initial-election-tick-advance": config.initialElectionTickAdvance,
    "snapshot-count": config.snapshotCount,
    "max-wals": config.maxWals,
    "max-snapshots": config.maxSnapshots,
    "snapshot-catchup-entries": config.snapshotCatchupEntries,
    "initial-advertise-peer-urls": config.initialAdvertisePeerUrls,
    "listen-peer-urls": config.listenPeerUrls,
    "advertise-client-urls": advertisedClientUrls,
    "listen-client-urls": config.listenClientUrls,
    "listen-metrics-urls": config.listenMetricsUrls,
    cors: config.cors,
    "host-whitelist": config.hostWhitelist,
    "initial-cluster":
      config.initialCluster ||
      config.initialAdvertisePeerUrls.map((url) => `${config.name}=${url}`).join(","),
    "initial-cluster-state": config.initialClusterState,
    "initial-cluster-token": config.initialClusterToken,
    "quota-backend-bytes": config.quotaBackendBytes || DEFAULT_QUOTA_BYTES,
    "max-request-bytes": config.maxRequestBytes,
    "max-concurrent-streams": config.maxConcurrentStreams,
    "pre-vote": config.preVote,
    "feature-gates": featureGates(config),
    "initial-corrupt-check": config.featureGates.InitialCorruptCheck === true,
    "corrupt-check-time-interval": goDuration(config.corruptCheckTimeMs),
    "compact-check-time-interval": goDuration(config.compactHashCheckTimeMs),
    "auto-compaction-mode": config.autoCompactionMode,
    "auto-compaction-retention": retention,
    "auto-compaction-interval": retention,
    "downgrade-check-interval": goDuration(config.downgradeCheckTimeMs),
    "max-learners": config.maxLearners,
  });
  if (config.unsafeNoFsync) {
    logger.warn("writes are acknowledged before they are on disk: a power cut loses them", {
      flag: "--unsafe-no-fsync",
    });
  }
}

/** How large the database may grow. */
export function logQuota(logger: Logger, { quotaBackendBytes }: MemberConfig): void {
  const fields = {
    "quota-name": "v3-applier",
    "quota-size-bytes": quotaBackendBytes || DEFAULT_QUOTA_BYTES,
  };
  if (quotaBackendBytes < 0) return logger.info("disabled backend quota", fields);
  if (quotaBackendBytes === 0) {
    return logger.info("enabled backend quota with default value", fields);
  }
  if (quotaBackendBytes > QUOTA_BYTES_MAX) {
    const maximum = { "quota-maximum-size-bytes": QUOTA_BYTES_MAX };
    logger.warn("quota exceeds the maximum value", { ...fields, ...maximum });
  }
  logger.info("enabled backend quota", fields);
}

/** Once everything is served. `address` has the port that was bound, for those who asked for any. */
export function logServing(logger: Logger, endpoints: Endpoints): void {
  for (const { address } of endpoints.peers) logger.info("serving peer traffic", { address });
  for (const url of endpoints.metrics.flatMap(({ urls }) => urls)) {
    logger.info("serving metrics", { address: url });
  }
  logger.info("ready to serve client requests", {
    "listen-client-urls": endpoints.clients.flatMap(({ urls }) => urls),
  });
  const traffic = endpoints.http.length === 0 ? "grpc+http" : "grpc";
  for (const each of endpoints.clients) logTraffic(logger, traffic, each);
  for (const each of endpoints.http) logTraffic(logger, "http", each);
}

function logTraffic(logger: Logger, traffic: string, { urls, address }: Endpoint): void {
  for (const url of urls) {
    const text = isSecureUrl(url)
      ? "serving client traffic securely"
      : "serving client traffic insecurely; this is strongly discouraged!";
    logger.info(text, { traffic, address });
  }
}
