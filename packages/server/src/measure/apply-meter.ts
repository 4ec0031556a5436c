import { InternalRaftRequest } from "@nodetcd/messages";
import { type Clock, goDuration, type Logger } from "@nodetcd/runtime";
import { HistogramFamily, type Histogram, exponential } from "@nodetcd/metrics";
import { raftRequestText } from "./request-text.ts";
import { bareSize, sizeWithoutHeader } from "./reply-counts.ts";

/** Requests of the log by etcd's name of what applying them is. */
const OPERATIONS = {
  range: "Range",
  put: "Put",
  deleteRange: "DeleteRange",
  txn: "Txn",
  compaction: "Compaction",
  leaseGrant: "LeaseGrant",
  leaseRevoke: "LeaseRevoke",
  leaseCheckpoint: "LeaseCheckpoint",
  alarm: "Alarm",
  clusterVersionSet: "ClusterVersionSet",
  clusterMemberAttrSet: "ClusterMemberAttrSet",
  downgradeInfoSet: "DowngradeInfoSet",
} as const satisfies Partial<Record<keyof InternalRaftRequest, string>>;

type Field = keyof typeof OPERATIONS;
const FIELDS = Object.keys(OPERATIONS) as Field[];

/**
 * How long applying takes. Requests are timed one by one, but for puts: they are many and alike, and
 * share the time of the stretch that they were applied in (4 entries at most).
 */
export class ApplyMeter {
  readonly #durations = new HistogramFamily(
    "etcd_server_apply_duration_seconds",
    "The latency distributions of v2 apply called by backend.",
    exponential(0.0001, 2, 20),
  );
  readonly #leaseTtls = new HistogramFamily(
    "etcd_debugging_lease_ttl_total",
    "Bucketed histogram of lease TTLs.",
    exponential(1, 2, 24),
  );
  readonly #compactions = new HistogramFamily(
    "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds",
    "Bucketed histogram of db compaction total duration.",
    exponential(100, 2, 14),
  );
  /** Series of `#durations` by what was applied. */
  readonly #succeeded = new Map<Field | undefined, Histogram>();
  readonly #refused = new Map<Field | undefined, Histogram>();
  readonly families: readonly HistogramFamily[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #warningMs: number;
  readonly #putBuckets: Histogram;
  readonly #ttlBuckets: Histogram;
  readonly #compactionBuckets: Histogram;
  /** Of the stretch under way: puts, and the time of what was timed by itself. */
  #puts = 0;
  #lastPut: Uint8Array | undefined;
  #timedMs = 0;
  /** Requests, or stretches of puts, that took longer than `warningApplyDurationMs`. */
  slow = 0;

  constructor(clock: Clock, logger: Logger, warningMs: number) {
    this.#clock = clock;
    this.#logger = logger;
    this.#warningMs = warningMs;
    this.#putBuckets = this.#series("put", true);
    this.#ttlBuckets = this.#leaseTtls.series();
    this.#compactionBuckets = this.#compactions.series();
    this.families = [this.#durations, this.#leaseTtls, this.#compactions];
  }

  get leasesGranted(): number {
    return this.#series("leaseGrant", true).count;
  }

  get leasesRevoked(): number {
    return this.#series("leaseRevoke", true).count;
  }

  #series(field: Field | undefined, success: boolean): Histogram {
    const known = success ? this.#succeeded : this.#refused;
    let series = known.get(field);
    if (series === undefined) {
      const op = field === undefined ? "unknown" : OPERATIONS[field];
      series = this.#durations.series({ op, success: String(success), version: "v3" });
      known.set(field, series);
    }
    return series;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  /** A put of the hot path was applied; `entry` is the data of its entry, which never changes. */
  put(entry: Uint8Array): void {
    this.#puts++;
    this.#lastPut = entry;
  }

  /** A put of the hot path was refused; its time is too short to be looked at. */
  refusedPut(): void {
    this.#series("put", false).observe(0);
  }

  /** One request was applied since `startMs`, or refused; `reply` as far as there is one. */
  request(
    request: InternalRaftRequest,
    startMs: number,
    success: boolean,
    reply: Uint8Array | undefined,
  ): void {
    const tookMs = this.now() - startMs;
    this.#timedMs += tookMs;
    this.#series(
      FIELDS.find((field) => request[field] !== undefined),
      success,
    ).observe(tookMs / 1000);
    if (success && request.leaseGrant !== undefined) {
      this.#ttlBuckets.observe(request.leaseGrant.ttl);
    }
    if (tookMs <= this.#warningMs) return;
    this.#warn(tookMs, {
      request: raftRequestText(request),
      response: reply === undefined || reply.length === 0 ? "" : `size:${sizeOf(request, reply)}`,
    });
  }

  /** Measures the physical part of a compaction until it settles. */
  compaction(startMs: number, physical: Promise<void>): void {
    physical.then(
      () => this.#compactionBuckets.observe(this.now() - startMs),
      () => undefined,
    );
  }

  /** A stretch of entries was applied in this time. */
  stretch(tookMs: number): void {
    const puts = this.#puts;
    const restMs = Math.max(0, tookMs - this.#timedMs);
    this.#puts = 0;
    this.#timedMs = 0;
    if (puts === 0) return;
    this.#putBuckets.observe(restMs / puts / 1000, puts);
    const last = this.#lastPut;
    this.#lastPut = undefined;
    if (restMs <= this.#warningMs || last === undefined) return;
    const request = raftRequestText(InternalRaftRequest.decode(last));
    this.#warn(restMs, { request, response: "", ...(puts > 1 ? { entries: puts } : {}) });
  }

  #warn(tookMs: number, what: Readonly<Record<string, string | number>>): void {
    this.slow++;
    this.#logger.warn("apply request took too long", {
      took: goDuration(tookMs),
      "expected-duration": goDuration(this.#warningMs),
      prefix: "",
      ...what,
    });
  }
}

/** The size of a response as etcd prints it, which depends on how far its header is filled in by then. */
function sizeOf(request: InternalRaftRequest, reply: Uint8Array): number {
  if (request.leaseGrant !== undefined || request.leaseRevoke !== undefined) return reply.length;
  return request.alarm === undefined ? bareSize(reply) : sizeWithoutHeader(reply);
}
