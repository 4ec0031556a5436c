import { type BucketFamily, exponential } from "./measure/buckets.ts";
import type { ApplyMeter } from "./measure/apply-meter.ts";
import type { CallMeter } from "./measure/call-meter.ts";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { GrpcServer, Services } from "@nodetcd/grpc";
import { AlarmType } from "@nodetcd/messages";
import type { ApplyCounters } from "./apply/apply-entry.ts";
import type { Core } from "./core.ts";
import type { HttpCounters } from "./http/router.ts";
import { hexId } from "./membership/ids.ts";
import { registerGrpcMetrics } from "./metrics-grpc.ts";
import { registerMemberMetrics } from "./metrics-member.ts";
import { registerProcessMetrics } from "./metrics-process.ts";
import type { ReadyLoop } from "./persist/ready-loop.ts";
import type { InFlight } from "./propose/in-flight.ts";
import { alarmName } from "./receive/status.ts";
import { ETCD_VERSION } from "./version.ts";

/** What is measured as it happens; everything else is read when metrics are scraped. */
export interface Timings {
  /** Seconds of one fdatasync of the log. */
  walSync: (seconds: number) => void;
  /** Seconds of one write of the log, and its bytes. */
  walWrite: (bytes: number, seconds: number) => void;
  /** Seconds of one commit of the database. */
  commit: (seconds: number) => void;
  /** Seconds of one defragmentation. */
  defragment: (seconds: number) => void;
}

/** The parts of a member that metrics look at. */
export interface Measured {
  readonly core: Core;
  readonly loop: ReadyLoop;
  readonly calls: CallMeter;
  readonly applies: ApplyMeter;
  readonly applied: Readonly<ApplyCounters>;
  readonly inFlight: InFlight;
  readonly http: HttpCounters;
  readonly services: Services;
  readonly servers: readonly GrpcServer[];
  /** Leases that the member revoked because they had expired. */
  readonly leasesExpired: () => number;
}

/**
 * One member's metrics under etcd's names, in a registry of its own. Hot paths count in plain
 * numbers; this turns them into metrics when somebody asks.
 */
export class Metrics {
  readonly registry: Registry = new Registry();
  readonly timings: Timings;
  /** Histograms that keep their own numbers. */
  #families: readonly BucketFamily[] = [];
  #calls: CallMeter | undefined;

  constructor() {
    const registers = [this.registry];
    const histogram = (name: string, help: string, buckets: number[]): Histogram =>
      new Histogram({ name, help, buckets, registers });
    const walSync = histogram(
      "etcd_disk_wal_fsync_duration_seconds",
      "The latency distributions of fsync called by WAL.",
      exponential(0.001, 2, 14),
    );
    const walWrite = histogram(
      "etcd_disk_wal_write_duration_seconds",
      "The latency distributions of write called by WAL.",
      exponential(0.001, 2, 14),
    );
    const commit = histogram(
      "etcd_disk_backend_commit_duration_seconds",
      "The latency distributions of commit called by backend.",
      exponential(0.001, 2, 14),
    );
    const defragment = histogram(
      "etcd_disk_backend_defrag_duration_seconds",
      "The latency distribution of backend defragmentation.",
      exponential(0.1, 2, 13),
    );
    let walBytes = 0;
    this.#gauge(
      "etcd_disk_wal_write_bytes_total",
      "Total number of bytes written in WAL.",
      () => walBytes,
    );
    this.timings = {
      walSync: (seconds) => walSync.observe(seconds),
      walWrite: (bytes, seconds) => {
        walBytes += bytes;
        walWrite.observe(seconds);
      },
      commit: (seconds) => commit.observe(seconds),
      defragment: (seconds) => defragment.observe(seconds),
    };
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  #counter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  /** A gauge that is 1 under one label value. */
  #label(name: string, help: string, label: string, value: () => string | undefined): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        const current = value();
        if (current !== undefined) this.set({ [label]: current }, 1);
      },
    });
  }

  /** Adds everything that is read from the member's parts. Called once, when they are there. */
  measure(parts: Measured): void {
    this.#calls = parts.calls;
    this.#families = [...parts.calls.families, ...parts.applies.families];
    this.#measureRaft(parts);
    this.#measureStore(parts.core);
    this.#measureServer(parts);
    this.#measureHealth(parts.http);
    registerGrpcMetrics(this.registry, parts);
    registerMemberMetrics(this.registry, parts);
    registerProcessMetrics(this.registry, parts.core.runtime);
  }

  /** Everything, in Prometheus' text format. */
  async text(): Promise<string> {
    const registered = await this.registry.metrics();
    this.#calls?.settle();
    return registered + this.#families.map((family) => family.text()).join("");
  }

  #measureRaft({ core, loop, calls, applies, applied, inFlight }: Measured): void {
    const { raft } = core;
    this.#gauge(
      "etcd_server_has_leader",
      "Whether or not a leader exists. 1 is existence, 0 is not.",
      () => (raft.leader === 0n ? 0 : 1),
    );
    this.#gauge(
      "etcd_server_is_leader",
      "Whether or not this member is a leader. 1 if is, 0 otherwise.",
      () => (raft.isLeader ? 1 : 0),
    );
    this.#gauge(
      "etcd_server_is_learner",
      "Whether or not this member is a learner. 1 if is, 0 otherwise.",
      () => 0,
    );
    this.#counter(
      "etcd_server_leader_changes_seen_total",
      "The number of leader changes seen.",
      () => loop.leaderChanges,
    );
    this.#gauge(
      "etcd_server_proposals_committed_total",
      "The total number of consensus proposals committed.",
      () => raft.committedIndex,
    );
    this.#gauge(
      "etcd_server_proposals_applied_total",
      "The total number of consensus proposals applied.",
      () => core.applied.index,
    );
    this.#gauge(
      "etcd_server_proposals_pending",
      "The current number of pending proposals to commit.",
      () => inFlight.size,
    );
    this.#counter(
      "etcd_server_proposals_failed_total",
      "The total number of failed proposals seen.",
      () => inFlight.failed + applied.failed,
    );
    this.#counter(
      "etcd_server_slow_apply_total",
      "The total number of slow apply requests (likely overloaded from slow disk).",
      () => applies.slow + calls.slowReads,
    );
    this.#counter(
      "etcd_server_slow_read_indexes_total",
      "The total number of pending read indexes not in sync with leader's or timed out read index requests.",
      () => core.reads.slow,
    );
    this.#counter(
      "etcd_server_read_indexes_failed_total",
      "The total number of failed read indexes seen.",
      () => core.reads.failed,
    );
    this.#counter(
      "etcd_server_heartbeat_send_failures_total",
      "The total number of leader heartbeat send failures (likely overloaded from slow disk).",
      () => 0,
    );
  }

  #measureStore({ backend, store, quota, runtime }: Core): void {
    const { stats } = store;
    this.#gauge(
      "etcd_server_quota_backend_bytes",
      "Current backend storage quota size in bytes.",
      () => quota.limit,
    );
    this.#gauge(
      "etcd_mvcc_db_total_size_in_bytes",
      "Total size of the underlying database physically allocated in bytes.",
      () => backend.size(),
    );
    this.#gauge(
      "etcd_mvcc_db_total_size_in_use_in_bytes",
      "Total size of the underlying database logically in use in bytes.",
      () => backend.sizeInUse(),
    );
    this.#counter(
      "etcd_mvcc_range_total",
      "Total number of ranges seen by this member.",
      () => stats.ranges,
    );
    this.#counter(
      "etcd_mvcc_put_total",
      "Total number of puts seen by this member.",
      () => stats.puts,
    );
    this.#counter(
      "etcd_mvcc_delete_total",
      "Total number of deletes seen by this member.",
      () => stats.deletes,
    );
    this.#counter(
      "etcd_mvcc_txn_total",
      "Total number of txns seen by this member.",
      () => stats.txns,
    );
    this.#gauge("etcd_debugging_mvcc_keys_total", "Total number of keys.", () => store.keysTotal);
    this.#gauge(
      "etcd_debugging_mvcc_current_revision",
      "The current revision of store.",
      () => store.revision,
    );
    this.#gauge(
      "etcd_debugging_mvcc_compact_revision",
      "The revision of the last compaction in store.",
      () => store.compactRevision,
    );
    this.#gauge(
      "etcd_debugging_mvcc_total_put_size_in_bytes",
      "The total size of put kv pairs seen by this member.",
      () => stats.putBytes,
    );
    this.#gauge(
      "etcd_debugging_mvcc_watch_stream_total",
      "Total number of watch streams.",
      () => stats.watchStreams,
    );
    this.#gauge(
      "etcd_debugging_mvcc_watcher_total",
      "Total number of watchers.",
      () => stats.watchers,
    );
    this.#gauge(
      "etcd_debugging_mvcc_slow_watcher_total",
      "Total number of unsynced slow watchers.",
      () => stats.slowWatchers,
    );
    this.#counter(
      "etcd_debugging_mvcc_events_total",
      "Total number of events sent by this member.",
      () => stats.events,
    );
    this.#counter(
      "etcd_debugging_mvcc_db_compaction_keys_total",
      "Total number of db keys compacted.",
      () => stats.compactedKeys,
    );
    this.#gauge(
      "etcd_debugging_mvcc_db_compaction_last",
      "The unix time of the last db compaction. Resets to 0 on start.",
      () => stats.lastCompaction,
    );
    void runtime;
  }

  #measureServer({ core, leasesExpired }: Measured): void {
    this.#label(
      "etcd_server_version",
      "Which version is running. 1 for 'server_version' label with current version.",
      "server_version",
      () => ETCD_VERSION,
    );
    this.#label(
      "etcd_server_id",
      "Server or member ID in hexadecimal format. 1 for 'server_id' label with current ID.",
      "server_id",
      () => hexId(core.memberId),
    );
    this.#label(
      "etcd_cluster_version",
      "Which version is running. 1 for 'cluster_version' label with current cluster version",
      "cluster_version",
      () => core.cluster.version?.split(".").slice(0, 2).join("."),
    );
    this.#counter(
      "etcd_debugging_server_lease_expired_total",
      "The total number of expired leases.",
      leasesExpired,
    );
    const { alarms, memberId } = core;
    new Gauge({
      name: "etcd_debugging_server_alarms",
      help: "Alarms for every member in cluster. 1 for 'server_id' label with current ID. 2 for 'alarm_type' label with type of this alarm",
      labelNames: ["server_id", "alarm_type"],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const alarm of alarms.list(AlarmType.NONE)) {
          this.set({ server_id: hexId(alarm.memberId), alarm_type: alarmName(alarm.alarm) }, 1);
        }
      },
    });
    void memberId;
  }

  #measureHealth({ health, checks }: HttpCounters): void {
    this.#counter(
      "etcd_server_health_success",
      "The total number of successful health checks",
      () => health.success,
    );
    this.#counter(
      "etcd_server_health_failures",
      "The total number of failed health checks",
      () => health.failures,
    );
    new Counter({
      name: "etcd_server_healthchecks_total",
      help: "The total number of each kind of healthcheck.",
      labelNames: ["type", "name", "status"],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [key, { success, error }] of checks) {
          const [type = "", name = ""] = key.split(" ");
          this.inc({ type, name, status: "success" }, success);
          this.inc({ type, name, status: "error" }, error);
        }
      },
    });
    new Gauge({
      name: "etcd_server_healthcheck",
      help: "The result of each kind of healthcheck.",
      labelNames: ["type", "name"],
      registers: [this.registry],
      collect() {
        for (const [key, { last }] of checks) {
          const [type = "", name = ""] = key.split(" ");
          this.set({ type, name }, last ? 1 : 0);
        }
      },
    });
  }
}
