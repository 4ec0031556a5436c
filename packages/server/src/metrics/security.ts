import { counter, type Metric } from "@nodetcd/metrics";
import type { Logins } from "@nodetcd/auth";
import type { AuditQueue } from "../audit/queue.ts";

/** Of the audit log; there are none while it is off. */
export function auditMetrics(
  queue: Pick<AuditQueue, "written" | "dropped" | "failures">,
): Metric[] {
  return [
    counter(
      "nodetcd_audit_lines_written_total",
      "Lines of the audit log that were written.",
      () => queue.written,
    ),
    counter(
      "nodetcd_audit_lines_dropped_total",
      "Lines of the audit log that were dropped, because too many waited to be written.",
      () => queue.dropped,
    ),
    counter(
      "nodetcd_audit_write_failures_total",
      "Writes of the audit log that failed.",
      () => queue.failures,
    ),
  ];
}

/** Of logins with a password at this member. */
export function loginMetrics({ failures }: Logins): Metric[] {
  return [
    counter(
      "nodetcd_logins_failed_total",
      "Logins with a wrong password or name.",
      () => failures.failed,
    ),
    counter(
      "nodetcd_logins_delayed_total",
      "Logins that were delayed because others of their user or address had failed.",
      () => failures.delayed,
    ),
  ];
}
