import { type FeatureGate, isFeatureEnabled } from "@nodetcd/server";
import { CliError } from "../errors.ts";
import { readRotation } from "./log-rotation.ts";
import { type Draft, warn } from "./draft.ts";
import { hostOf, isUnixUrl } from "./urls.ts";

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const IPV6 = /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/;

const ELECTION_MAX_MS = 50_000;

function bad(problem: string, advice: string): CliError {
  return new CliError("BAD_CONFIGURATION", problem, advice);
}

function checkBindUrls(urls: readonly string[]): void {
  for (const url of urls) {
    if (isUnixUrl(url)) continue;
    const host = hostOf(url);
    if (host === "localhost" || IPV4.test(host) || IPV6.test(host)) continue;
    throw bad(
      `expected IP in URL for binding (${url})`,
      "Listen on an address of this machine, such as http://127.0.0.1:2379 or http://0.0.0.0:2379; names go into the advertise flags.",
    );
  }
}

function checkHostUrls(flag: string, urls: readonly string[]): void {
  for (const url of urls) {
    if (isUnixUrl(url) || hostOf(url) !== "") continue;
    throw bad(`--${flag} must be "host:port" (unexpected empty host (${url}))`, "Name the host.");
  }
}

/** What etcd checks about flags together, with its texts. Raises `CliError`; notes warnings. */
export function validate(draft: Draft): void {
  const { config, explicit } = draft;
  if (config.listenClientUrls.length === 0) {
    throw bad("--listen-client-urls is empty: nobody could reach the member", "Leave it out.");
  }
  checkBindUrls(config.listenPeerUrls);
  checkBindUrls(config.listenClientUrls);
  checkBindUrls(config.listenClientHttpUrls);
  checkBindUrls(config.listenMetricsUrls);
  checkHostUrls("initial-advertise-peer-urls", config.initialAdvertisePeerUrls);
  checkHostUrls("advertise-client-urls", config.advertiseClientUrls);
  checkFounding(draft);
  checkTiming(config.heartbeatIntervalMs, config.electionTimeoutMs);
  if (explicit.has("listen-client-urls") && config.advertiseClientUrls.length === 0) {
    throw bad(
      "--advertise-client-urls is required when --listen-client-urls is set explicitly",
      `Add --advertise-client-urls ${config.listenClientUrls.join(",")} or the URLs that clients use.`,
    );
  }
  if (config.compactHashCheckTimeMs <= 0) {
    throw bad("--compact-hash-check-time must be >0", "Leave it out for 1m.");
  }
  if (draft.log.isRotated) readRotation(draft.log);
  const isOn = (gate: FeatureGate): boolean => isFeatureEnabled(config.featureGates, gate);
  if (isOn("LeaseCheckpointPersist") && !isOn("LeaseCheckpoint")) {
    throw bad(
      "enabling feature gate LeaseCheckpointPersist requires enabling feature gate LeaseCheckpoint",
      "Use --feature-gates=LeaseCheckpoint=true,LeaseCheckpointPersist=true.",
    );
  }
  if (config.name === "default") {
    warn(
      draft,
      "it isn't recommended to use default name, please set a value for --name. Note that etcd might run into issue when multiple members have the same default name",
      { name: config.name },
    );
  }
}

/** One way to find the members, at most. */
function checkFounding({ config, discovery, explicit }: Draft): void {
  const isRegistry = discovery.token !== "" || discovery.endpoints.join("") !== "";
  const ways = [explicit.has("initial-cluster"), isRegistry, config.discoverySrv !== ""];
  if (ways.filter(Boolean).length > 1) {
    throw bad(
      'multiple discovery or bootstrap flags are set. Choose one of "initial-cluster", "discovery-endpoints" or "discovery-srv"',
      "Leave all but one of them out.",
    );
  }
  if (isRegistry && (discovery.token === "" || discovery.endpoints.join("") === "")) {
    throw bad(
      "both --discovery-token and --discovery-endpoints must be set",
      "Name the registry's endpoints and the token of the new cluster.",
    );
  }
}

function checkTiming(heartbeatMs: number, electionMs: number): void {
  const advice = "Leave both out, or keep the election timeout at about ten heartbeats.";
  if (heartbeatMs === 0) throw bad("--heartbeat-interval must be >0 (set to 0ms)", advice);
  if (electionMs === 0) throw bad("--election-timeout must be >0 (set to 0ms)", advice);
  if (5 * heartbeatMs > electionMs) {
    throw bad(
      `--election-timeout[${electionMs}ms] should be at least as 5 times as --heartbeat-interval[${heartbeatMs}ms]`,
      advice,
    );
  }
  if (electionMs > ELECTION_MAX_MS) {
    throw bad(
      `--election-timeout[${electionMs}ms] is too long, and should be set less than ${ELECTION_MAX_MS}ms`,
      advice,
    );
  }
}
