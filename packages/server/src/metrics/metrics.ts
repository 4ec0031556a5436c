import type { GrpcServer, Services } from "@nodetcd/grpc";
import { Registry } from "prom-client";
import type { HttpCounters } from "../http/router.ts";
import type { HistogramFamily } from "../measure/histogram.ts";
import type { CallMeter } from "../measure/call-meter.ts";
import { registerAuditMetrics, registerLoginMetrics } from "./security.ts";
import type { AuditQueue } from "../audit/queue.ts";
import { registerClusterMetrics } from "./cluster.ts";
import { registerGrpcMetrics } from "./grpc.ts";
import { registerHealthMetrics } from "./health.ts";
import { type LeaseMeasured, registerLeaseMetrics } from "./lease.ts";
import { registerProcessMetrics } from "./process.ts";
import { type RaftMeasured, registerRaftMetrics } from "./raft.ts";
import { registerStoreMetrics } from "./store.ts";
import { registerTimings, type Timings } from "./timings.ts";

/** The parts of a member that metrics look at. */
export interface Measured extends RaftMeasured, LeaseMeasured {
  readonly http: HttpCounters;
  readonly services: Services;
  readonly servers: readonly GrpcServer[];
  readonly audit: AuditQueue | undefined;
}

/**
 * One member's metrics under etcd's names, in a registry of its own. Hot paths count in plain
 * numbers; this turns them into metrics when somebody asks.
 */
export class Metrics {
  readonly registry: Registry = new Registry();
  readonly timings: Timings = registerTimings(this.registry);
  /** Histograms that keep their own numbers. */
  #families: readonly HistogramFamily[] = [];
  #calls: CallMeter | undefined;

  /** Adds everything that is read from the member's parts. Called once, when they are there. */
  measure(parts: Measured): void {
    const { member, calls, applies, http } = parts;
    this.#calls = calls;
    this.#families = [...calls.families, ...applies.families];
    registerRaftMetrics(this.registry, parts);
    registerStoreMetrics(this.registry, member);
    registerClusterMetrics(this.registry, member);
    registerLeaseMetrics(this.registry, parts);
    registerHealthMetrics(this.registry, http);
    registerGrpcMetrics(this.registry, parts);
    if (parts.audit !== undefined) registerAuditMetrics(this.registry, parts.audit);
    registerLoginMetrics(this.registry, member.logins);
    registerProcessMetrics(this.registry, member.runtime);
  }

  /** Everything, in Prometheus' text format. */
  async text(): Promise<string> {
    const registered = await this.registry.metrics();
    this.#calls?.settle();
    return registered + this.#families.map((family) => family.text()).join("");
  }
}
