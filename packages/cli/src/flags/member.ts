import type { FeatureGate } from "@nodetcd/server";
import { warn, warnUnless } from "./draft.ts";
import { type Flag, flag } from "./flag.ts";
import { bool, duration, int, listenUrls, type Kind, text, uint, uint32 } from "./kinds.ts";
import { parseFeatureGates } from "./feature-gates.ts";
import { withoutEffect } from "./not-built.ts";

const gates: Kind<Partial<Record<FeatureGate, boolean>>> = {
  isBoolean: false,
  fromText: parseFeatureGates,
  fromFile: (value) => parseFeatureGates(text.fromFile(value)),
};

const PEER_PATIENCE =
  "it is etcd's default, 5s; a shorter one would cut connections that a slow disk holds up";

export const MEMBER: readonly Flag[] = [
  flag("name", text, "default", "Name of this member, for people.", (draft, value) => {
    draft.config.name = value;
  }),
  flag("data-dir", text, "${name}.etcd", "Folder of everything the member keeps.", (d, value) => {
    d.config.dataDir = value;
  }),
  flag(
    "wal-dir",
    text,
    "",
    "Folder of the write-ahead log, if not in the data directory.",
    (d, v) => {
      d.config.walDir = v;
    },
  ),
  flag(
    "snapshot-count",
    uint,
    "10000",
    "Changes between two snapshots of the raft log.",
    (d, v) => {
      d.config.snapshotCount = v;
    },
  ),
  flag("heartbeat-interval", uint, "100", "Milliseconds between heartbeats.", (d, v) => {
    d.config.heartbeatIntervalMs = v;
  }),
  flag(
    "election-timeout",
    uint,
    "1000",
    "Milliseconds without a leader until an election; at least 5 heartbeats, at most 50000.",
    (d, v) => {
      d.config.electionTimeoutMs = v;
    },
  ),
  flag(
    "initial-election-tick-advance",
    bool,
    "true",
    "Skip the wait of a first election where nobody else can win it.",
    (d, v) => {
      d.config.initialElectionTickAdvance = v;
    },
  ),
  flag(
    "listen-peer-urls",
    listenUrls,
    "http://localhost:2380",
    "URLs to listen on for other members.",
    (d, v) => {
      d.config.listenPeerUrls = v;
    },
  ),
  flag(
    "listen-client-urls",
    listenUrls,
    "http://localhost:2379",
    "URLs to listen on for clients, http:// or unix://: gRPC, and HTTP unless --listen-client-http-urls says where.",
    (d, v) => {
      d.config.listenClientUrls = v;
    },
  ),
  flag(
    "listen-client-http-urls",
    listenUrls,
    "",
    "URLs to listen on for HTTP only; takes HTTP off --listen-client-urls.",
    (d, v) => {
      d.config.listenClientHttpUrls = v;
    },
  ),
  flag("max-snapshots", uint, "5", "Snapshot files to keep (0: all).", (d, v) => {
    d.config.maxSnapshots = v;
    warn(d, "--max-snapshots is deprecated in 3.6 and will be decommissioned in 3.8.");
  }),
  flag("max-wals", uint, "5", "Files of the write-ahead log to keep (0: all).", (d, v) => {
    d.config.maxWals = v;
  }),
  withoutEffect(
    "memory-mlock",
    bool,
    "false",
    "Keep the member's pages in memory.",
    "Node cannot lock memory; turn swap off for the service, as deploy/nodetcd.service does",
  ),
  flag(
    "quota-backend-bytes",
    int,
    "0",
    "Bytes of the database file at which writes are refused (0: 2 GiB, negative: no limit).",
    (d, v) => {
      d.config.quotaBackendBytes = v;
    },
  ),
  flag(
    "backend-bbolt-freelist-type",
    text,
    "map",
    "How free pages of the database file are kept track of: map or array.",
    (d, v) => {
      d.config.backendFreelistType = v === "array" ? v : "hashmap";
      warnUnless(d, "backend-bbolt-freelist-type", v, ["", "map", "array"]);
    },
  ),
  flag(
    "backend-batch-interval",
    duration,
    "",
    "Longest time until changes are committed to the database file (0s: 100ms).",
    (d, v) => {
      if (v > 0) d.config.backendBatchIntervalMs = v;
    },
  ),
  flag(
    "backend-batch-limit",
    int,
    "0",
    "Changes after which the database file is committed (0: 10000).",
    (d, v) => {
      if (v > 0) d.config.backendBatchLimit = v;
    },
  ),
  flag("max-txn-ops", uint, "128", "Operations in one transaction, at most.", (d, v) => {
    d.config.maxTxnOps = v;
  }),
  flag("max-request-bytes", uint, "1572864", "Bytes of a client's request, at most.", (d, v) => {
    d.config.maxRequestBytes = v;
  }),
  flag(
    "max-concurrent-streams",
    uint32,
    "4294967295",
    "Streams that a client can have open at a time.",
    (d, v) => {
      d.config.maxConcurrentStreams = v;
    },
  ),
  flag(
    "grpc-keepalive-min-time",
    duration,
    "5s",
    "Clients that ping more often are disconnected.",
    (d, v) => {
      d.config.grpcKeepaliveMinMs = v;
    },
  ),
  flag(
    "grpc-keepalive-interval",
    duration,
    "2h",
    "How often silent clients are pinged (0: never).",
    (d, v) => {
      d.config.grpcKeepaliveIntervalMs = v;
    },
  ),
  flag(
    "grpc-keepalive-timeout",
    duration,
    "20s",
    "How long such a ping may stay unanswered (0: for ever).",
    (d, v) => {
      d.config.grpcKeepaliveTimeoutMs = v;
    },
  ),
  withoutEffect(
    "socket-reuse-port",
    bool,
    "false",
    "Share listening ports (SO_REUSEPORT).",
    "Node 20 cannot ask for it",
  ),
  withoutEffect(
    "socket-reuse-address",
    bool,
    "false",
    "Rebind ports in TIME_WAIT (SO_REUSEADDR).",
    "Node always does so",
  ),
  flag("enable-grpc-gateway", bool, "true", "Serve the JSON gateway under /v3/.", (d, v) => {
    d.config.enableGrpcGateway = v;
  }),
  withoutEffect(
    "raft-read-timeout",
    duration,
    "5s",
    "Patience when reading from a peer.",
    PEER_PATIENCE,
  ),
  withoutEffect(
    "raft-write-timeout",
    duration,
    "5s",
    "Patience when writing to a peer.",
    PEER_PATIENCE,
  ),
  flag(
    "feature-gates",
    gates,
    "",
    "Comma-separated Name=true|false; names as in etcd 3.7, such as LeaseCheckpoint=true.",
    (d, v) => {
      d.config.featureGates = { ...d.config.featureGates, ...v };
    },
  ),
];
