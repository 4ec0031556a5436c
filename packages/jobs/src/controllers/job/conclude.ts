import type { Job, JobStatus } from "../../objects/job.ts";
import { timeText } from "../../objects/meta.ts";
import { findCondition, type JobEnd, newCondition } from "./conditions.ts";
import type { JobContext } from "./context.ts";
import type { CountedPods } from "./count-pods.ts";
import type { PlannedEvent } from "../planned-event.ts";

interface PodCounts {
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
}

/** The status with these counts; what is zero and optional is left out, as Kubernetes writes it. */
export function withCounts(
  status: JobStatus,
  { counts }: CountedPods,
  { active, ready, terminating }: PodCounts,
): JobStatus {
  const next: JobStatus = { ...status, ...counts, active, ready, terminating };
  for (const name of ["active", "succeeded", "failed"] as const)
    if (next[name] === 0) delete next[name];
  if (next.completedIndexes === "") delete next.completedIndexes;
  return next;
}

/**
 * The status with the conditions of an end: at first the one that says what it will be, and when no pod is
 * left (`last`) the final one with the same words.
 */
export function conclude(
  { job, now }: JobContext,
  status: JobStatus,
  end: JobEnd,
  last: boolean,
): { status: JobStatus; events: PlannedEvent[] } {
  const { type, reason, message } = end;
  const conditions = [...(status.conditions ?? [])];
  if (findCondition(job, type) === undefined) {
    conditions.push(newCondition(type, "True", reason, message, now));
  }
  if (!last) return { status: { ...status, conditions }, events: [] };
  const success = type === "SuccessCriteriaMet";
  conditions.push(newCondition(success ? "Complete" : "Failed", "True", reason, message, now));
  return {
    status: { ...status, conditions, ...(success ? { completionTime: timeText(now) } : {}) },
    events: success ? completed(job, status) : [{ type: "Warning", reason, message }],
  };
}

function completed({ spec }: Job, { succeeded = 0 }: JobStatus): PlannedEvent[] {
  const message = "Too many succeeded pods running after completion count reached";
  const tooMany = succeeded > (spec.completions ?? Infinity);
  return [
    ...(tooMany ? [{ type: "Warning" as const, reason: "TooManySucceededPods", message }] : []),
    { type: "Normal", reason: "Completed", message: "Job completed" },
  ];
}
