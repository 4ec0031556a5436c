import { METHODS } from "@nodetcd/messages";
import { counter, type Metric } from "@nodetcd/metrics";
import type { ApplyMeter } from "../measure/apply-meter.ts";
import type { CallMeter } from "../measure/call-meter.ts";

/** What counts leases. */
export interface LeaseMeasured {
  readonly calls: CallMeter;
  readonly applies: ApplyMeter;
  /** Leases that the member revoked because they had expired. */
  readonly leasesExpired: () => number;
}

/** Leases granted, renewed, revoked and expired. */
export function leaseMetrics({ calls, applies, leasesExpired }: LeaseMeasured): Metric[] {
  return [
    counter(
      "etcd_debugging_lease_granted_total",
      "The total number of granted leases.",
      () => applies.leasesGranted,
    ),
    counter(
      "etcd_debugging_lease_revoked_total",
      "The total number of revoked leases.",
      () => applies.leasesRevoked,
    ),
    counter(
      "etcd_debugging_lease_renewed_total",
      "The number of renewed leases seen by the leader.",
      () => calls.messages.get(METHODS.Lease.LeaseKeepAlive.path)?.sent ?? 0,
    ),
    counter(
      "etcd_debugging_server_lease_expired_total",
      "The total number of expired leases.",
      leasesExpired,
    ),
  ];
}
