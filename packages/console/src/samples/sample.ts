import type { MemberReport } from "../members/ask-members.ts";
import { type Histogram, histogramSince, type Metrics, quantile } from "../members/metrics.ts";

/** What one member was like at one moment. Missing: not told. */
export interface MemberSample {
  readonly id: string;
  readonly inUse?: number;
  readonly size?: number;
  readonly behind?: number;
  readonly fsyncMs?: number;
  readonly commitMs?: number;
  readonly peerMs?: number;
  /** Counters of the member since it started. */
  readonly slowApply?: number;
  readonly slowRead?: number;
  readonly leaderChanges?: number;
  readonly failedProposals?: number;
  readonly heartbeatFailures?: number;
  readonly slowWatchers?: number;
}

/** What the cluster was like at one moment: a line of the samples' file. */
export interface Sample {
  /** Wall time in milliseconds. */
  readonly at: number;
  /** Id of the cluster: samples of another one that once had this name are forgotten. */
  readonly cluster: string;
  readonly revision: number;
  readonly oldest: number;
  readonly leader: string;
  readonly alarms: readonly string[];
  readonly members: readonly MemberSample[];
}

const FSYNC = "etcd_disk_wal_fsync_duration_seconds";
const COMMIT = "etcd_disk_backend_commit_duration_seconds";
const PEER = "etcd_network_peer_round_trip_time_seconds";

/** Remembers earlier readings of the histograms, so that a p99 is that of the last minutes. */
export class Windows {
  readonly #readings = new Map<string, { readonly at: number; readonly histogram: Histogram }[]>();
  readonly #lengthMs: number;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** 99th percentile in milliseconds over the window that ends now. */
  p99(key: string, at: number, histogram: Histogram | undefined): number | undefined {
    if (histogram === undefined) return undefined;
    const readings = this.#readings.get(key) ?? [];
    while (readings.length > 1 && at - readings[1]!.at >= this.#lengthMs) readings.shift();
    const since = histogramSince(histogram, readings[0]?.histogram);
    readings.push({ at, histogram });
    this.#readings.set(key, readings);
    const seconds = quantile(since, 0.99);
    return seconds === undefined ? undefined : seconds * 1_000;
  }
}

export function hexId(id: bigint): string {
  return id.toString(16);
}

/** One member's sample. `furthest` is the highest raft index of all members. */
export function sampleMember(
  report: MemberReport,
  at: number,
  furthest: number,
  windows: Windows,
): MemberSample {
  const { member, status, metrics } = report;
  const id = hexId(member.id);
  const p99 = (family: string): number | undefined =>
    windows.p99(`${id} ${family}`, at, metrics?.histograms.get(family));
  return defined({
    id,
    inUse: positive(status?.dbSizeInUse),
    size: positive(status?.dbSize),
    behind: status && Math.max(0, furthest - status.raftIndex),
    fsyncMs: p99(FSYNC),
    commitMs: p99(COMMIT),
    peerMs: p99(PEER),
    slowApply: counter(metrics, "etcd_server_slow_apply_total"),
    slowRead: counter(metrics, "etcd_server_slow_read_indexes_total"),
    leaderChanges: counter(metrics, "etcd_server_leader_changes_seen_total"),
    failedProposals: counter(metrics, "etcd_server_proposals_failed_total"),
    heartbeatFailures: counter(metrics, "etcd_server_heartbeat_send_failures_total"),
    slowWatchers: counter(metrics, "etcd_debugging_mvcc_slow_watcher_total"),
  });
}

function counter(metrics: Metrics | undefined, name: string): number | undefined {
  return metrics?.values.get(name);
}

/** Zero means "not told" where zero cannot be true. */
export function positive(value: number | undefined): number | undefined {
  return value === undefined || value === 0 ? undefined : value;
}

type Defined<T> = { [K in keyof T]: T[K] | undefined };

/** The object without the members that are undefined. */
export function defined<T extends object>(value: Defined<T>): T {
  return Object.fromEntries(Object.entries(value).filter(([, held]) => held !== undefined)) as T;
}
