import type { JobStatus } from "../../objects/job.ts";
import { timeText } from "../../objects/meta.ts";
import { newCondition } from "./conditions.ts";
import type { JobContext } from "./context.ts";
import type { PlannedEvent } from "../planned-event.ts";

/** The status with the condition `Suspended` as it has to be, and the event of a change. */
export function suspension(
  { job, now }: JobContext,
  status: JobStatus,
): { status: JobStatus; events: PlannedEvent[] } {
  const suspended = job.spec.suspend === true;
  const conditions = status.conditions ?? [];
  const before = conditions.find(({ type }) => type === "Suspended");
  if ((before?.status === "True") === suspended) return { status, events: [] };
  const [reason, message] = suspended
    ? (["JobSuspended", "Job suspended"] as const)
    : (["JobResumed", "Job resumed"] as const);
  const condition = newCondition("Suspended", suspended ? "True" : "False", reason, message, now);
  const next =
    before === undefined
      ? [...conditions, condition]
      : conditions.map((each) => (each === before ? condition : each));
  const event: PlannedEvent = {
    type: "Normal",
    reason: suspended ? "Suspended" : "Resumed",
    message,
  };
  // The deadline runs anew: time in suspension does not count.
  const { startTime: _, ...rest } = status;
  return {
    status: { ...rest, conditions: next, ...(suspended ? {} : { startTime: timeText(now) }) },
    events: [event],
  };
}
