import { checkAudit } from "./audit/open.ts";
import { parseRetention } from "./compact-policy/retention.ts";
import type { MemberConfig } from "./config.ts";
import { ServerError } from "./errors.ts";
import { parseListenUrl } from "./listen-url.ts";
import { checkSecurity } from "./tls/check.ts";

function refuse(message: string): never {
  throw new ServerError("BAD_CONFIG", message);
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
  if (snapshotCount < 0) refuse("--snapshot-count must not be below 0");
  if (config.compactHashCheckTimeMs <= 0) {
    refuse(`--compact-hash-check-time must be >0 (set to ${config.compactHashCheckTimeMs}ms)`);
  }
  if (config.corruptCheckTimeMs < 0) refuse("--corrupt-check-time must not be below 0");
  const { autoDefragThreshold } = config;
  if (!(autoDefragThreshold >= 0 && autoDefragThreshold <= 99)) {
    refuse(`--auto-defrag-threshold must be a percentage from 0 to 99, not ${autoDefragThreshold}`);
  }
  if (config.maxRequestBytes < 1) refuse("--max-request-bytes must be at least 1");
  if (config.maxTxnOps < 0) refuse("--max-txn-ops must not be below 0");
  if (config.maxLearners < 0) refuse("--max-learners must not be below 0");
  parseRetention(config.autoCompactionMode, config.autoCompactionRetention);
  for (const url of config.listenClientUrls) parseListenUrl(url, "listen-client-urls");
  for (const url of config.listenClientHttpUrls) parseListenUrl(url, "listen-client-http-urls");
  for (const url of config.listenPeerUrls) parseListenUrl(url, "listen-peer-urls");
  for (const url of config.listenMetricsUrls) parseListenUrl(url, "listen-metrics-urls");
  if (!(config.authFailureDelayMs >= 0 && config.authFailureDelayMs <= 3_000)) {
    refuse("--auth-failure-delay must be from 0s to 3s");
  }
  checkSecurity(config);
  checkAudit(config);
}
