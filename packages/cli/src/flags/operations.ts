import { type Flag, flag } from "./flag.ts";
import {
  bool,
  choice,
  duration,
  int,
  listenUrls,
  logFormat,
  logLevel,
  text,
  switchedAddress,
  uint,
  words,
} from "./kinds.ts";
import { warnUnless } from "./draft.ts";
import { withoutEffect } from "./not-built.ts";
import { PEER_SKIP_SAN } from "./security.ts";

/** What `--console` alone means. */
export const CONSOLE_ADDRESS = "127.0.0.1:2390";

export const MONITORING: readonly Flag[] = [
  withoutEffect(
    "enable-pprof",
    bool,
    "false",
    "Serve Go's profiles.",
    "there are none of Go; start the program with node --cpu-prof or --inspect",
  ),
  flag("metrics", text, "basic", "extensive adds histograms of gRPC handling times.", (d, v) => {
    d.config.metrics = v === "extensive" ? v : "basic";
    warnUnless(d, "metrics", v, ["", "basic", "extensive"]);
  }),
  flag(
    "listen-metrics-urls",
    listenUrls,
    "",
    "Further URLs to listen on for /metrics and /health.",
    (d, v) => {
      d.config.listenMetricsUrls = v;
    },
  ),
  flag(
    "console",
    switchedAddress(CONSOLE_ADDRESS),
    "false",
    `Serve pages to look into the cluster and to mend it, at ${CONSOLE_ADDRESS} or at --console=HOST:PORT.`,
    (d, v) => {
      d.console = v;
    },
  ),
];

export const LOGGING: readonly Flag[] = [
  flag("logger", choice(["zap"]), "zap", "Shape of log lines; only zap's.", () => undefined),
  flag(
    "log-outputs",
    words,
    "default",
    "Comma-separated: default (standard error), stderr, stdout, or paths of files.",
    (d, v) => {
      d.log.outputs = v;
    },
  ),
  flag(
    "log-level",
    logLevel,
    "info",
    "Lowest level to log: debug, info, warn, error, panic or fatal.",
    (d, v) => {
      d.log.level = v;
    },
  ),
  flag(
    "log-format",
    logFormat,
    "auto",
    "json, console for people, or auto: console on a terminal, json elsewhere and in process 1.",
    (d, v) => {
      d.log.format = v;
    },
  ),
  flag(
    "enable-log-rotation",
    bool,
    "false",
    "Begin a new log file when the one of --log-outputs is full.",
    (d, v) => {
      d.log.isRotated = v;
    },
  ),
  flag(
    "log-rotation-config-json",
    text,
    '{"maxsize": 100, "maxage": 0, "maxbackups": 0, "localtime": false, "compress": false}',
    "MiB of a file; days and number of old files kept (0: no limit); their names in local time; gzip.",
    (d, v) => {
      d.log.rotationJson = v;
    },
  ),
  flag(
    "warning-unary-request-duration",
    duration,
    "300ms",
    "Requests that take longer are logged.",
    (d, v) => {
      d.config.warningUnaryRequestDurationMs = v;
    },
  ),
];

const NO_SPANS =
  "nodetcd makes no spans; --metrics extensive and --warning-unary-request-duration tell what takes long";

export const TRACING: readonly Flag[] = [
  withoutEffect("enable-distributed-tracing", bool, "false", "Send OpenTelemetry spans.", NO_SPANS),
  withoutEffect(
    "distributed-tracing-address",
    text,
    "localhost:4317",
    "Collector of spans.",
    NO_SPANS,
  ),
  withoutEffect(
    "distributed-tracing-service-name",
    text,
    "etcd",
    "Service name in spans.",
    NO_SPANS,
  ),
  withoutEffect("distributed-tracing-instance-id", text, "", "Instance in spans.", NO_SPANS),
  withoutEffect(
    "distributed-tracing-sampling-rate",
    int,
    "0",
    "Spans kept of a million.",
    NO_SPANS,
  ),
];

export const FEATURES: readonly Flag[] = [
  flag("corrupt-check-time", duration, "0s", "How often members compare their data.", (d, v) => {
    d.config.corruptCheckTimeMs = v;
  }),
  flag(
    "compact-hash-check-time",
    duration,
    "1m",
    "How often the leader compares hashes of compactions.",
    (d, v) => {
      d.config.compactHashCheckTimeMs = v;
    },
  ),
  flag(
    "compaction-batch-limit",
    int,
    "1000",
    "Revisions deleted by one step of a compaction (0: 1000).",
    (d, v) => {
      if (v > 0) d.config.compactionBatchLimit = v;
    },
  ),
  PEER_SKIP_SAN,
  flag(
    "watch-progress-notify-interval",
    duration,
    "10m",
    "Silence of a watch after which its progress is sent.",
    (d, v) => {
      if (v > 0) d.config.watchProgressNotifyIntervalMs = v;
    },
  ),
  flag(
    "warning-apply-duration",
    duration,
    "100ms",
    "Changes that take longer to apply are logged.",
    (d, v) => {
      d.config.warningApplyDurationMs = v;
    },
  ),
  flag(
    "bootstrap-defrag-threshold-megabytes",
    uint,
    "0",
    "Defragment at start when it frees so much (0: never).",
    (d, v) => {
      d.config.bootstrapDefragThresholdMegabytes = v;
    },
  ),
  flag(
    "auto-defrag-threshold",
    uint,
    "50",
    "Free percentage of the database file at which it is rewritten by itself (0: never).",
    (d, v) => {
      d.config.autoDefragThreshold = v;
    },
  ),
  flag(
    "auto-disarm-nospace",
    bool,
    "false",
    "Withdraw this member's NOSPACE alarm once its database is below 90% of the quota.",
    (d, v) => {
      d.config.autoDisarmNospace = v;
    },
  ),
  flag("max-learners", int, "1", "Learners in the cluster, at most.", (d, v) => {
    d.config.maxLearners = v;
  }),
  flag(
    "compaction-sleep-interval",
    duration,
    "",
    "Least rest between two steps of a compaction while others work (0s: 10ms).",
    (d, v) => {
      if (v > 0) d.config.compactionSleepIntervalMs = v;
    },
  ),
  flag("downgrade-check-time", duration, "5s", "How often a downgrade is looked at.", (d, v) => {
    d.config.downgradeCheckTimeMs = v;
  }),
  flag(
    "snapshot-catchup-entries",
    uint,
    "5000",
    "Raft log entries kept behind a snapshot for slow followers.",
    (d, v) => {
      d.config.snapshotCatchupEntries = v;
    },
  ),
];

export const UNSAFE: readonly Flag[] = [
  flag(
    "force-new-cluster",
    bool,
    "false",
    "Make this member the only one of a new cluster with its data. For disaster recovery.",
    (d, v) => {
      d.config.forceNewCluster = v;
    },
  ),
  flag(
    "unsafe-no-fsync",
    bool,
    "false",
    "Acknowledge writes before they are on disk: a power cut loses them.",
    (d, v) => {
      d.config.unsafeNoFsync = v;
    },
  ),
];
