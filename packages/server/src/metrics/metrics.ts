import type { GrpcServer, Services } from "@nodetcd/grpc";
import { exposition, type Metric } from "@nodetcd/metrics";
import { hexId, peerMetrics } from "@nodetcd/peers";
import type { AuditQueue } from "../audit/queue.ts";
import type { HttpCounters } from "../http/router.ts";
import { clusterMetrics } from "./cluster.ts";
import { grpcMetrics } from "./grpc.ts";
import { healthMetrics } from "./health.ts";
import { type LeaseMeasured, leaseMetrics } from "./lease.ts";
import { processMetrics } from "./process.ts";
import { type RaftMeasured, raftMetrics } from "./raft.ts";
import { auditMetrics, loginMetrics } from "./security.ts";
import { storeMetrics } from "./store.ts";
import { Timings } from "./timings.ts";

/** The parts of a member that metrics look at. */
export interface Measured extends RaftMeasured, LeaseMeasured {
  readonly http: HttpCounters;
  readonly services: Services;
  readonly servers: readonly GrpcServer[];
  readonly audit: AuditQueue | undefined;
}

/**
 * One member's metrics under etcd's names. Hot paths count in plain numbers; this turns them into
 * text when somebody asks.
 */
export class Metrics {
  readonly timings: Timings = new Timings();
  #rows: readonly Metric[] = this.timings.rows;
  #settle = (): void => undefined;

  /** Adds everything that is read from the member's parts. Called once, when they are there. */
  measure(parts: Measured): void {
    const { member, calls, applies, http, audit } = parts;
    this.#settle = () => calls.settle();
    this.#rows = [
      ...this.timings.rows,
      ...calls.families,
      ...applies.families,
      ...raftMetrics(parts),
      ...storeMetrics(member),
      ...clusterMetrics(member),
      ...peerMetrics(member.peers.counters, hexId(member.memberId)),
      ...leaseMetrics(parts),
      ...healthMetrics(http),
      ...grpcMetrics(parts),
      ...(audit === undefined ? [] : auditMetrics(audit)),
      ...loginMetrics(member.logins),
      ...processMetrics(member.runtime),
    ];
  }

  /** Everything, in Prometheus' text format. */
  text(): string {
    this.#settle();
    return exposition(this.#rows);
  }
}
