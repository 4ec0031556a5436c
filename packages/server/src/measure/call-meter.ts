import type { StreamCall, UnaryCall } from "@nodetcd/grpc";
import { type AnyMethod, type MethodPath, METHODS } from "@nodetcd/messages";
import type { Logger, Runtime } from "@nodetcd/runtime";
import type { MemberConfig } from "../config.ts";
import { RequestError } from "../errors.ts";
import { errorStatus, errorText } from "../wire/error-map.ts";
import { HistogramFamily, type Histogram, exponential } from "@nodetcd/metrics";
import type { CallAudit } from "./call-audit.ts";
import { ClientVersions } from "./client-versions.ts";
import { PointReads } from "./point-reads.ts";
import { type MessageCounts, MeteredStream, type StreamMeter } from "./metered-stream.ts";
import { type MethodMeter, MeteredUnary } from "./metered-unary.ts";
import { warnOfSlowCall } from "./slow-call.ts";
import { Stopwatch } from "./stopwatch.ts";

type StreamReceiver = (call: MeteredStream) => void;

/** Measures the calls of one unary method. */
export interface UnaryMeter {
  /** For calls that are answered before anything is allocated for them. */
  readonly quick: PointReads;
  /** Counts such a call. */
  count(call: UnaryCall): void;
  /** Counts any other call, and measures it from now on. */
  begin(bytes: Uint8Array, call: UnaryCall): MeteredUnary;
}

/** Requests by the names that etcd has for them in `etcd_server_request_duration_seconds`. */
const REQUEST_TYPES: Partial<Record<MethodPath, string>> = {
  [METHODS.KV.Range.path]: "Range",
  [METHODS.KV.Put.path]: "Put",
  [METHODS.KV.DeleteRange.path]: "DeleteRange",
  [METHODS.KV.Txn.path]: "Txn",
  [METHODS.KV.Compact.path]: "Compaction",
  [METHODS.Lease.LeaseGrant.path]: "LeaseGrant",
  [METHODS.Lease.LeaseRevoke.path]: "LeaseRevoke",
  [METHODS.Maintenance.Alarm.path]: "Alarm",
};
/** Streams that go on until the client ends them: nothing is gained by waiting for that. */
const ENDLESS: ReadonlySet<MethodPath> = new Set([
  METHODS.Watch.Watch.path,
  METHODS.Lease.LeaseKeepAlive.path,
  METHODS.Election.Observe.path,
  METHODS.Health.Watch.path,
]);
/** The bounds of grpc-go's histograms, in seconds. */
const HANDLING_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Times and counts the calls of the client port, and warns of slow ones. */
export class CallMeter {
  readonly unaryVersions: ClientVersions = new ClientVersions();
  readonly streamVersions: ClientVersions = new ClientVersions();
  /** By path. */
  readonly messages: Map<string, MessageCounts> = new Map();
  /** Ranges and read-only transactions that took longer than `warningApplyDurationMs`. */
  slowReads = 0;
  readonly families: readonly HistogramFamily[];
  readonly #config: MemberConfig;
  readonly #logger: Logger;
  readonly #runtime: Runtime;
  readonly #watch: Stopwatch;
  readonly #audit: CallAudit | undefined;
  readonly #endless = new Set<MeteredStream>();
  /** `endStreams` was called. */
  #stopping = false;
  readonly #pointReads: PointReads[] = [];
  readonly #requests = new HistogramFamily(
    "etcd_server_request_duration_seconds",
    "Response latency distribution in seconds for each type.",
    exponential(0.001, 2, 14),
  );
  readonly #ranges = new HistogramFamily(
    "etcd_server_range_duration_seconds",
    "The latency distributions of txn.Range",
    exponential(0.0001, 2, 20),
  );
  readonly #hashes = new HistogramFamily(
    "etcd_mvcc_hash_duration_seconds",
    "The latency distribution of storage hash operation.",
    exponential(0.01, 2, 15),
  );
  readonly #revisionHashes = new HistogramFamily(
    "etcd_mvcc_hash_rev_duration_seconds",
    "The latency distribution of storage hash by revision operation.",
    exponential(0.01, 2, 15),
  );
  readonly #snapshots = new HistogramFamily(
    "etcd_disk_backend_snapshot_duration_seconds",
    "The latency distribution of backend snapshots.",
    exponential(0.01, 2, 17),
  );
  readonly #handling = new HistogramFamily(
    "grpc_server_handling_seconds",
    "Histogram of response latency (seconds) of gRPC that had been application-level handled by the server.",
    HANDLING_BOUNDS,
  );

  constructor(runtime: Runtime, config: MemberConfig, logger: Logger, audit?: CallAudit) {
    this.#runtime = runtime;
    this.#config = config;
    this.#logger = logger;
    this.#audit = audit;
    this.#watch = new Stopwatch(runtime.clock);
    for (const family of [this.#hashes, this.#revisionHashes, this.#snapshots]) family.series();
    const basic = [this.#requests, this.#ranges, this.#hashes, this.#revisionHashes];
    const extensive = config.metrics === "extensive" ? [this.#handling] : [];
    this.families = [...basic, this.#snapshots, ...extensive];
  }

  /** What measures the calls of a unary method. */
  unary(method: AnyMethod): UnaryMeter {
    const meter = this.#methodMeter(method);
    const quick = new PointReads(this.#watch, meter.succeeded);
    this.#pointReads.push(quick);
    const count = (call: UnaryCall): void => this.unaryVersions.count(call.metadata);
    return {
      quick,
      count,
      begin: (bytes, call) => {
        count(call);
        return new MeteredUnary(meter, bytes, call);
      },
    };
  }

  /** Counts what waits to be counted: before the families are read. */
  settle(): void {
    for (const reads of this.#pointReads) reads.settle();
  }

  /** Wraps what receives the calls of a streaming method. */
  stream(method: AnyMethod): (receive: StreamReceiver) => (call: StreamCall) => void {
    const { path } = method;
    const counts: MessageCounts = { received: 0, sent: 0 };
    this.messages.set(path, counts);
    const observers: Histogram[] = [];
    if (path === METHODS.Maintenance.Snapshot.path) observers.push(this.#snapshots.series());
    observers.push(...this.#handlingOf(method));
    const endless = ENDLESS.has(path);
    const meter: StreamMeter = {
      watch: this.#watch,
      messages: counts,
      observers,
      open: endless ? this.#endless : new Set(),
      audit: this.#audit?.stream(method),
    };
    return (receive) => (call) => {
      this.streamVersions.count(call.metadata);
      const stream = new MeteredStream(meter, call);
      if (endless && this.#stopping) endStopped(stream);
      else receive(stream);
    };
  }

  /** Ends the streams that would go on for ever, and those that still come, as the member is being stopped. */
  endStreams(): void {
    this.#stopping = true;
    for (const stream of this.#endless) endStopped(stream);
  }

  #handlingOf({ kind, name, service }: AnyMethod): Histogram[] {
    if (this.#config.metrics !== "extensive") return [];
    const labels = { grpc_method: name, grpc_service: service, grpc_type: kind };
    return [this.#handling.series(labels)];
  }

  #methodMeter(method: AnyMethod): MethodMeter {
    const { path } = method;
    const always = this.#handlingOf(method);
    if (path === METHODS.Maintenance.Hash.path) always.push(this.#hashes.series());
    if (path === METHODS.Maintenance.HashKV.path) always.push(this.#revisionHashes.series());
    const outcome = (success: "true" | "false"): Histogram[] => {
      const observers = [...always];
      const type = REQUEST_TYPES[path];
      if (type !== undefined) observers.push(this.#requests.series({ success, type }));
      if (type === "Range") observers.push(this.#ranges.series({ success }));
      return observers;
    };
    return {
      watch: this.#watch,
      quick: path === METHODS.KV.Put.path,
      succeeded: outcome("true"),
      failed: outcome("false"),
      slowMs: this.#slowMs(path),
      audit: this.#audit?.unary(method),
      onSlow: (slow) => {
        const options = { config: this.#config, logger: this.#logger, clock: this.#runtime.clock };
        if (warnOfSlowCall(options, { ...slow, path })) this.slowReads++;
      },
    };
  }

  /** From when on a call is looked at: it may be slow as a call, and as a read. */
  #slowMs(path: MethodPath): number {
    const { warningUnaryRequestDurationMs: unary, warningApplyDurationMs: apply } = this.#config;
    const whole = unary > 0 ? unary : Infinity;
    const mayRead = path === METHODS.KV.Range.path || path === METHODS.KV.Txn.path;
    return mayRead ? Math.min(whole, apply) : whole;
  }
}

function endStopped(stream: MeteredStream): void {
  const stopped = new RequestError("STOPPED");
  stream.abort(errorStatus(stopped), errorText(stopped));
}
