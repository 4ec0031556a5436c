import type { CronJob, Job } from "../../objects/job.ts";
import { finishedCondition } from "../job/conditions.ts";
import { startOf } from "./account.ts";

/** Finished Jobs beyond the history limits, the oldest first. */
export function pastHistory({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = spec;
  return [
    ...oldest(jobs, "Complete", successfulJobsHistoryLimit),
    ...oldest(jobs, "Failed", failedJobsHistoryLimit),
  ];
}

function oldest(jobs: readonly Job[], type: "Complete" | "Failed", kept: number): Job[] {
  const finished = jobs.filter(
    (job) => finishedCondition(job)?.type === type && job.metadata.deletionTimestamp === undefined,
  );
  const sorted = finished.toSorted(
    (a, b) => startOf(a) - startOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1),
  );
  return sorted.slice(0, Math.max(0, sorted.length - kept));
}
