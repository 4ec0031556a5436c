import type { Registry } from "@nodetcd/membership";
import type { TlsVersion } from "@nodetcd/runtime";
import type { TransportSecurity } from "./transport-security.ts";

/** When history is compacted without being asked; see `MemberConfig.autoCompactionMode`. */
export type AutoCompactionMode = "periodic" | "revision";

/** Switches of etcd's `--feature-gates`. The ones that do nothing here yet are accepted and logged. */
export type FeatureGate =
  | "AllAlpha"
  | "AllBeta"
  | "CompactHashCheck"
  | "FastLeaseKeepAlive"
  | "InitialCorruptCheck"
  | "LeaseCheckpoint"
  | "LeaseCheckpointPersist"
  | "PriorityRequest"
  | "SetMemberLocalAddr"
  | "StopGRPCServiceOnDefrag"
  | "TxnModeWriteWithSharedBuffer";

/** Where the founders of a cluster find each other: keys in another etcd. */
export interface RegistryConfig {
  /** Of the cluster to be; becomes its `initialClusterToken`. */
  readonly token: string;
  open(): OpenRegistry;
}

export interface OpenRegistry extends Registry {
  close(): void;
}

/**
 * Everything that can be said about one member; names are etcd's flags in camelCase. Durations end
 * in `Ms` and are milliseconds, sizes are bytes. URLs are `http://host:port`, or `https` with TLS; port 0 asks
 * for a free one. What cannot work raises `ServerError` with code `BAD_CONFIG` when the member starts.
 */
export interface MemberConfig {
  /** Human-readable name, also the key of this member in `initialCluster`. Default `default`. */
  name: string;
  /** Folder of everything the member keeps. Default `default.etcd`. Made with mode 0700. */
  dataDir: string;
  /** Folder of the write-ahead log; "" puts it into `dataDir`/member/wal. Default "". */
  walDir: string;
  /**
   * Where clients are served, gRPC and HTTP on one port: `http://host:port`, or `unix://` and the path
   * of a socket file (`unix://name` lies in the working directory). None: only this process can call
   * it, by `Member.services`. `https` and `unixs` are with TLS; `http` and `https` may be at the same port.
   * Default `http://localhost:2379`.
   */
  listenClientUrls: readonly string[];
  /** When set, HTTP is served here and `listenClientUrls` carry gRPC only. Default none. */
  listenClientHttpUrls: readonly string[];
  /** Where other members are served; none: no peer port. Default `http://localhost:2380`. */
  listenPeerUrls: readonly string[];
  /** Further addresses for `/metrics`, `/health`, `/livez` and `/readyz`. Default none. */
  listenMetricsUrls: readonly string[];
  /** TLS of the URLs above but for peers'. Default: none. */
  clientTls: TransportSecurity;
  /** TLS of `listenPeerUrls`, and towards other members. Default: none. */
  peerTls: TransportSecurity;
  /** Years that a certificate made by `autoTls` is good for, from 1 to 100. Default 1. */
  selfSignedCertValidity: number;
  /** Cipher suites of TLS 1.2 by Go's names; none: six that are forward secret and authenticated. Default none. */
  cipherSuites: readonly string[];
  /** Oldest version of TLS; "" is TLS 1.2. Default `TLS1.2`. */
  tlsMinVersion: TlsVersion | "";
  /** Newest version of TLS; "" is the newest that there is. Default "". */
  tlsMaxVersion: TlsVersion | "";
  /** What clients are told in member lists; none: the addresses as bound. Default none. */
  advertiseClientUrls: readonly string[];
  /** What other members are told; the member's id is made of them. Default `http://localhost:2380`. */
  initialAdvertisePeerUrls: readonly string[];
  /**
   * `name=peerURL` pairs joined by commas, for the first start only; "" is this member alone. Default "".
   */
  initialCluster: string;
  /** Domain whose SRV records name the members of a first start, in place of `initialCluster`; "" for none. Default "". */
  discoverySrv: string;
  /** Ending of the names of those services; "" for none. Default "". */
  discoverySrvName: string;
  /** Where founders find each other at their first start, in place of `initialCluster`. Default: nowhere. */
  registry: RegistryConfig | undefined;
  /** `new` to found a cluster, `existing` to join one. Default `new`. */
  initialClusterState: "new" | "existing";
  /** Keeps clusters with equal URLs apart: part of member and cluster ids. Default `etcd-cluster`. */
  initialClusterToken: string;
  /**
   * What tokens are: `simple` (kept in memory by each member), `jwt,sign-method=RS256,priv-key=<path>,pub-key=<path>,ttl=5m`
   * (signed; methods RS, PS, ES, HS with 256, 384, 512, and EdDSA), or "" for none: nobody logs in with a password.
   * Default `simple`.
   */
  authToken: string;
  /** Seconds that a simple token lives after its last use; 0 is the default, 300. */
  authTokenTtlSeconds: number;
  /** Cost of hashing passwords: 4 to 31, each step doubles it. Default 10. */
  bcryptCost: number;
  /** Longest delay of a login after others of its user or address failed; 0 never delays. Default 1,000. */
  authFailureDelayMs: number;
  /**
   * Where a line for each request goes, who made it and what for: a file, `-` for `auditOutput`, "" for nowhere.
   * See docs/security.md. Default "".
   */
  auditLog: string;
  /** Takes lines where `auditLog` is `-`, without waiting; false: it did not, and is asked again. Default none. */
  auditOutput: ((lines: string) => boolean) | undefined;
  /** Which requests have a line, such as `none:Range:/events/;metadata:Lease`; "" is all with keys. Default "". */
  auditLogRules: string;
  /** Whether keys are written as they are, or as their SHA-256. Default `plain`. */
  auditLogKeys: "plain" | "hash";
  /** Size from which on the file becomes an old one, in MiB. Default 100. */
  auditLogMaxSize: number;
  /** Old files kept, 0 to 1,000. Default 5. */
  auditLogMaxFiles: number;
  /** Raft log entries applied between two snapshots of the log. Default 10,000, which 0 stands for too. */
  snapshotCount: number;
  /** Space that a defragmentation must give free to be done at the start, in MiB; 0 never. Default 0. */
  bootstrapDefragThresholdMegabytes: number;
  /** Log entries kept in memory behind a snapshot for slow followers. Default 5,000. */
  snapshotCatchupEntries: number;
  /** Entries of one append message to a follower, in bytes; at least one entry. Default 1,048,576 (etcd's number). */
  appendMessageBytes: number;
  /** Length of a raft tick. Default 100 ms. */
  heartbeatIntervalMs: number;
  /** Without a leader for this long an election begins. Default 1,000; 5 ticks to 50,000. */
  electionTimeoutMs: number;
  /** Skips the wait of a first election where nobody else can win it. Default true. */
  initialElectionTickAdvance: boolean;
  /**
   * Size of the database file that raises the NOSPACE alarm: from then on only reads and deletes
   * work. 0 is 2 GiB, negative is no limit. Default 0.
   */
  quotaBackendBytes: number;
  /** Largest request; gRPC takes 512 KiB more for its framing. Default 1,572,864 (1.5 MiB). */
  maxRequestBytes: number;
  /** Most compares, and most operations of a branch, of one transaction. Default 128. */
  maxTxnOps: number;
  /** Most streams open on one client connection. Default 2^32 - 1. */
  maxConcurrentStreams: number;
  /** Write-ahead log files kept; 0 keeps all. Default 5. */
  maxWals: number;
  /** Size of a write-ahead log file. No flag: a smaller one only makes sense in tests. Default 64,000,000. */
  walSegmentBytes: number;
  /** Snapshot files kept; 0 keeps all. Default 5. */
  maxSnapshots: number;
  /** How `autoCompactionRetention` is read. Default `periodic`. */
  autoCompactionMode: AutoCompactionMode;
  /**
   * History kept: a duration such as `30m` or a number of hours (`periodic`), a number of
   * revisions (`revision`). `0` or "" never compacts. Default `0`.
   */
  autoCompactionRetention: string;
  /** Longest time a change waits in memory for the database file (the log has it). Default 100. */
  backendBatchIntervalMs: number;
  /** Changes that are committed to the database file at once, at most. Default 10,000. */
  backendBatchLimit: number;
  /** How free pages of the database file are kept track of. Default `hashmap` (etcd says `map`). */
  backendFreelistType: "array" | "hashmap";
  /** A client that pings more often is disconnected. Default 5,000. */
  grpcKeepaliveMinMs: number;
  /** How often silent clients are pinged; 0 never. Default 7,200,000 (2 h). */
  grpcKeepaliveIntervalMs: number;
  /** How long such a ping may stay unanswered; 0 for ever. Default 20,000. */
  grpcKeepaliveTimeoutMs: number;
  /** Serves the JSON gateway under `/v3/`. Default true. */
  enableGrpcGateway: boolean;
  /**
   * Origins whose web pages may read what HTTP answers, as browsers send them with a port that is not the usual one
   * (`https://ui.example:8443`); `*` is all. Default `*`.
   */
  cors: readonly string[];
  /** Hosts, without port, by which HTTP without TLS may be asked; `*` is all. Default `*`. */
  hostWhitelist: readonly string[];
  /** Idle time of a watch after which its progress is sent. At least 100, default 600,000 (10 min). */
  watchProgressNotifyIntervalMs: number;
  /** Applying one request, or reading one range, for longer than this is logged. Default 100. */
  warningApplyDurationMs: number;
  /** A unary request that takes longer is logged; 0 never. Default 300. */
  warningUnaryRequestDurationMs: number;
  /** Revisions deleted by one step of a compaction. Default 1,000. */
  compactionBatchLimit: number;
  /** Rest between two steps of a compaction, at least, beside which others worked; alone it does not rest. Default 10. */
  compactionSleepIntervalMs: number;
  /** Acknowledges writes before they are on disk: a power cut loses them. Tests only. Default false. */
  unsafeNoFsync: boolean;
  /** Starts the member of an existing data directory as the only one of a new cluster. Default false. */
  forceNewCluster: boolean;
  /** `extensive` adds a histogram of gRPC handling times for each method. Default `basic`. */
  metrics: "basic" | "extensive";
  /** Asks whether an election could be won before raising the term. Default true. */
  preVote: boolean;
  /** Refuses membership changes that would lose the quorum. No effect with one member. Default true. */
  strictReconfigCheck: boolean;
  /** Most learners of a cluster. No effect with one member. Default 1. */
  maxLearners: number;
  /** How often the leader compares its whole history with that of the others; 0 never. Default 0. */
  corruptCheckTimeMs: number;
  /**
   * How often the leader compares the hashes of finished compactions, where the feature gate `CompactHashCheck`
   * is on. More than 0, default 60,000.
   */
  compactHashCheckTimeMs: number;
  /** How often a downgrade in progress is looked at. No effect yet. Default 5,000. */
  downgradeCheckTimeMs: number;
  /** Feature switches by name; what is not named has etcd's default. Default none. */
  featureGates: Readonly<Partial<Record<FeatureGate, boolean>>>;
  /**
   * Free share of the database file, in percent, from which on it is rewritten without its holes by itself, if they are 64 MiB at
   * least: at most once an hour, one member of the cluster at a time, the leader last. 0 never, at most 99. Default 50.
   */
  autoDefragThreshold: number;
  /**
   * Withdraws the NOSPACE alarm of this member once its file is below nine tenths of the quota, and rewrites the file as soon
   * as that helps. Default false: as in etcd, the alarm stays until somebody disarms it.
   */
  autoDisarmNospace: boolean;
  /** Memory for cached pages and values, together. Default 268,435,456 (256 MiB). */
  cacheBytes: number;
}

/** The defaults; a program changes what it wants: `{ ...defaultConfig, dataDir: "/tmp/x" }`. */
export const defaultConfig: Readonly<MemberConfig> = {
  name: "default",
  dataDir: "default.etcd",
  walDir: "",
  listenClientUrls: ["http://localhost:2379"],
  listenClientHttpUrls: [],
  listenPeerUrls: ["http://localhost:2380"],
  listenMetricsUrls: [],
  clientTls: {},
  peerTls: {},
  selfSignedCertValidity: 1,
  cipherSuites: [],
  tlsMinVersion: "TLS1.2",
  tlsMaxVersion: "",
  advertiseClientUrls: [],
  initialAdvertisePeerUrls: ["http://localhost:2380"],
  initialCluster: "",
  discoverySrv: "",
  discoverySrvName: "",
  registry: undefined,
  initialClusterState: "new",
  initialClusterToken: "etcd-cluster",
  authToken: "simple",
  authTokenTtlSeconds: 300,
  bcryptCost: 10,
  authFailureDelayMs: 1_000,
  auditLog: "",
  auditOutput: undefined,
  auditLogRules: "",
  auditLogKeys: "plain",
  auditLogMaxSize: 100,
  auditLogMaxFiles: 5,
  snapshotCount: 10_000,
  bootstrapDefragThresholdMegabytes: 0,
  snapshotCatchupEntries: 5_000,
  appendMessageBytes: 1024 * 1024,
  heartbeatIntervalMs: 100,
  electionTimeoutMs: 1_000,
  initialElectionTickAdvance: true,
  quotaBackendBytes: 0,
  maxRequestBytes: 1_572_864,
  maxTxnOps: 128,
  maxConcurrentStreams: 0xffff_ffff,
  maxWals: 5,
  walSegmentBytes: 64_000_000,
  maxSnapshots: 5,
  autoCompactionMode: "periodic",
  autoCompactionRetention: "0",
  backendBatchIntervalMs: 100,
  backendBatchLimit: 10_000,
  backendFreelistType: "hashmap",
  grpcKeepaliveMinMs: 5_000,
  grpcKeepaliveIntervalMs: 7_200_000,
  grpcKeepaliveTimeoutMs: 20_000,
  enableGrpcGateway: true,
  cors: ["*"],
  hostWhitelist: ["*"],
  watchProgressNotifyIntervalMs: 600_000,
  warningApplyDurationMs: 100,
  warningUnaryRequestDurationMs: 300,
  compactionBatchLimit: 1_000,
  compactionSleepIntervalMs: 10,
  unsafeNoFsync: false,
  forceNewCluster: false,
  metrics: "basic",
  preVote: true,
  strictReconfigCheck: true,
  maxLearners: 1,
  corruptCheckTimeMs: 0,
  compactHashCheckTimeMs: 60_000,
  downgradeCheckTimeMs: 5_000,
  featureGates: {},
  autoDefragThreshold: 50,
  autoDisarmNospace: false,
  cacheBytes: 256 * 1024 * 1024,
};

/** How long a request may take: 5 s and two elections, in milliseconds (etcd's rule). */
export function requestTimeoutMs(config: MemberConfig): number {
  return 5_000 + 2 * config.electionTimeoutMs;
}
