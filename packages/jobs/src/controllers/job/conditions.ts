import type { Job } from "../../objects/job.ts";
import { type Condition, type Time, timeText } from "../../objects/meta.ts";

export type JobConditionType =
  "Suspended" | "SuccessCriteriaMet" | "FailureTarget" | "Complete" | "Failed";

/** What ended a Job: the pods go first, then it is `Complete` or `Failed` with the same words. */
export interface JobEnd {
  readonly type: "SuccessCriteriaMet" | "FailureTarget";
  readonly reason: string;
  readonly message: string;
}

export function findCondition(job: Job, type: JobConditionType): Condition | undefined {
  return job.status?.conditions?.find(
    (condition) => condition.type === type && condition.status === "True",
  );
}

/** `Complete` or `Failed`, once a Job has one. */
export function finishedCondition(job: Job): Condition | undefined {
  return findCondition(job, "Complete") ?? findCondition(job, "Failed");
}

/** When the Job came to its end, in milliseconds. */
export function finishedAt(job: Job): number | undefined {
  const time = finishedCondition(job)?.lastTransitionTime;
  return time ? Date.parse(time) : undefined;
}

export function newCondition(
  type: JobConditionType,
  status: "True" | "False",
  reason: string,
  message: string,
  now: number,
): Condition {
  const time: Time = timeText(now);
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message };
}
