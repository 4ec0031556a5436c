import type { CronJob, CronJobStatus, Job } from "../../objects/job.ts";
import type { ObjectReference } from "../../objects/meta.ts";
import { finishedCondition } from "../job/conditions.ts";
import type { PlannedEvent } from "../planned-event.ts";

export interface Account {
  readonly status: CronJobStatus;
  readonly events: readonly PlannedEvent[];
  /** Jobs that left the list of active ones as finished: the transaction requires them to be as they were read. */
  readonly ended: readonly Job[];
  /** How many Jobs have failed in a row, when it were so many before these. */
  readonly failuresAfter: (before: number) => number;
}

/**
 * Brings the list of active Jobs up to date with the Jobs that there are. Of those that are deleted now as they have
 * ended (`removed`) nothing is told but that.
 */
export function account(
  { status = {} }: CronJob,
  jobs: readonly Job[],
  removed: readonly Job[],
): Account {
  const events: PlannedEvent[] = [];
  const ended: Job[] = [];
  let active = status.active ?? [];
  let lastSuccessfulTime = status.lastSuccessfulTime;
  for (const job of jobs) {
    const { name, uid } = job.metadata;
    const known = active.some((reference) => reference.uid === uid);
    const finished = finishedCondition(job);
    if (finished === undefined && !known) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      events.push({ type: "Warning", reason: "UnexpectedJob", message });
    }
    if (finished !== undefined && known) {
      active = active.filter((reference) => reference.uid !== uid);
      ended.push(job);
      const message = `Saw completed job: ${name}, condition: ${finished.type}`;
      if (!removed.includes(job))
        events.push({ type: "Normal", reason: "SawCompletedJob", message });
    }
    const success = finished?.type === "Complete" ? job.status?.completionTime : undefined;
    if (success !== undefined && !(Date.parse(success) <= Date.parse(lastSuccessfulTime ?? ""))) {
      lastSuccessfulTime = success;
    }
  }
  const there = new Set(jobs.map(({ metadata }) => metadata.uid));
  for (const { name, uid } of active) {
    if (there.has(uid)) continue;
    const message = `Active job went missing: ${name}`;
    events.push({ type: "Normal", reason: "MissingJob", message });
  }
  active = active.filter(({ uid }) => there.has(uid));
  return {
    status: withActive({ ...status, ...(lastSuccessfulTime && { lastSuccessfulTime }) }, active),
    events,
    ended,
    failuresAfter: (before) => failuresAfter(ended, before),
  };
}

export function withActive(
  status: CronJobStatus,
  active: readonly ObjectReference[],
): CronJobStatus {
  const { active: _, ...rest } = status;
  return active.length === 0 ? rest : { ...rest, active: [...active] };
}

function failuresAfter(ended: readonly Job[], before: number): number {
  return ended
    .toSorted((a, b) => startOf(a) - startOf(b))
    .reduce((count, job) => (finishedCondition(job)?.type === "Failed" ? count + 1 : 0), before);
}

/** When a Job began, in milliseconds. */
export function startOf({ metadata, status }: Job): number {
  return Date.parse(status?.startTime ?? metadata.creationTimestamp ?? "");
}
