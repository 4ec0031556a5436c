import type { SlotLine } from "../../ledger/slot-line.ts";
import type { CronJob, Job } from "../../objects/job.ts";
import { timeText } from "../../objects/meta.ts";
import type { PlannedEvent } from "../planned-event.ts";
import { account, type Account, withActive } from "./account.ts";
import { decideSlots, type SlotDecisions } from "./decide-slots.ts";
import { pastHistory } from "./history.ts";
import { newJob } from "./new-job.ts";
import {
  type CronJobOptions,
  cronJobOptions,
  DECIDED_ANNOTATION,
  FAILURES_ANNOTATION,
} from "./options.ts";
import {
  decidedUntil,
  type OpenSlots,
  openSlots,
  type Timetable,
  timetableOf,
} from "./timetable.ts";

export interface CronJobPlan {
  /** Active Jobs that have to go before the next one starts. */
  readonly replace: readonly Job[];
  /** The CronJob as it is then; with `start` and `lines` one transaction. */
  readonly next: CronJob;
  readonly start: { readonly job: Job; readonly line: SlotLine } | undefined;
  readonly lines: readonly SlotLine[];
  /** Jobs on whose end the decision stands: required to be as they were read. */
  readonly ended: readonly Job[];
  readonly events: readonly PlannedEvent[];
  /** Finished Jobs beyond the history limits, to delete afterwards. */
  readonly remove: readonly Job[];
  /** Wall time in milliseconds at which to look again. */
  readonly againAt: number | undefined;
}

/**
 * What the CronJob controller does for a CronJob with these Jobs, which it controls, at this wall time
 * (milliseconds). `scheduledSince` is when its schedule was changed, where that was seen: what the new one has before
 * are no slots. Pure.
 */
export function reconcileCronJob(
  seen: CronJob,
  jobs: readonly Job[],
  now: number,
  scheduledSince = 0,
): CronJobPlan {
  const cronJob = decidedUntil(seen) < scheduledSince ? ruledSince(seen, scheduledSince) : seen;
  const remove = pastHistory(cronJob, jobs);
  const accounted = account(cronJob, jobs, remove);
  const options = cronJobOptions(cronJob);
  const next = pausedAfterFailures({ ...cronJob, status: accounted.status }, accounted, options);
  const idle: CronJobPlan = {
    replace: [],
    next: next.cronJob,
    start: undefined,
    lines: [],
    ended: accounted.ended,
    events: [...accounted.events, ...next.events],
    remove,
    againAt: undefined,
  };
  if (cronJob.metadata.deletionTimestamp !== undefined) return idle;
  const timetable = timetableOf(cronJob);
  if ("reason" in timetable) return { ...idle, events: [...idle.events, timetable] };
  return planSlots(idle, timetable, jobs, options, now);
}

function planSlots(
  idle: CronJobPlan,
  timetable: Timetable,
  jobs: readonly Job[],
  options: CronJobOptions,
  now: number,
): CronJobPlan {
  const { next: cronJob } = idle;
  const { spec, status = {} } = cronJob;
  const open = openSlots(cronJob, timetable, options, now);
  const active = status.active ?? [];
  const suspended = spec.suspend === true;
  const blocked = spec.concurrencyPolicy === "Forbid" && active.length > 0;
  const decisions = decideSlots({ cronJob, jobs, options, suspended, blocked, now }, open);
  const { start, lines, waitUntil } = decisions;
  const events = [...idle.events];
  if (!suspended)
    events.push(
      ...timetable.warnings,
      ...eventsOf(decisions, hasMissedMany(cronJob, open, now), blocked),
    );
  const times = [open.next, waitUntil, start && open.due.length > 1 ? now : undefined];
  const plan = {
    ...idle,
    lines,
    events,
    againAt: times.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a)),
  };
  if (start === undefined) return { ...plan, next: decided(cronJob, lines.at(-1)) };
  const replace = spec.concurrencyPolicy === "Replace" ? jobs.filter(isIn(active)) : [];
  const kept = replace.length > 0 ? [] : active;
  const lastScheduleTime = timeText(start.scheduled);
  const next = { ...cronJob, status: { ...withActive(status, kept), lastScheduleTime } };
  const job = newJob(cronJob, start.scheduled, timetable.zone);
  return { ...plan, replace, next, start: { job, line: start } };
}

function isIn(active: readonly { uid?: string }[]): (job: Job) => boolean {
  return ({ metadata }) => active.some(({ uid }) => uid === metadata.uid);
}

/** Whether there are more than a hundred that the deadline has not passed over. */
function hasMissedMany({ spec }: CronJob, { due, oldest }: OpenSlots, now: number): boolean {
  const { startingDeadlineSeconds: seconds = Infinity } = spec;
  return oldest !== undefined && (due[0] ?? 0) > now - seconds * 1_000;
}

function eventsOf(
  { lines, waiting }: SlotDecisions,
  many: boolean,
  blocked: boolean,
): PlannedEvent[] {
  const events: PlannedEvent[] = [];
  if (many) {
    const message =
      "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
    events.push({ type: "Warning", reason: "TooManyMissedTimes", message });
  }
  const late = lines.findLast(({ decision }) => decision === "TooLate");
  if (late !== undefined) {
    const time = new Date(late.scheduled).toUTCString().replace("GMT", "+0000");
    const message = `Missed scheduled time to start a job: ${time}`;
    events.push({ type: "Warning", reason: "MissSchedule", message });
  }
  if (waiting !== undefined && blocked) {
    const message =
      "Not starting job because prior execution is running and concurrency policy is Forbid";
    events.push({ type: "Normal", reason: "JobAlreadyActive", message });
  }
  return events;
}

/** Remembers up to which slot the ledger has lines. */
function decided(cronJob: CronJob, last: SlotLine | undefined): CronJob {
  if (last === undefined) return cronJob;
  return annotated(cronJob, DECIDED_ANNOTATION, timeText(last.scheduled));
}

function ruledSince(cronJob: CronJob, time: number): CronJob {
  return annotated(cronJob, DECIDED_ANNOTATION, timeText(time));
}

function annotated(cronJob: CronJob, name: string, value: string): CronJob {
  const annotations = { ...cronJob.metadata.annotations, [name]: value };
  return { ...cronJob, metadata: { ...cronJob.metadata, annotations } };
}

function pausedAfterFailures(
  cronJob: CronJob,
  { failuresAfter, ended }: Account,
  { pauseAfter }: CronJobOptions,
): { cronJob: CronJob; events: PlannedEvent[] } {
  if (pauseAfter === 0 || ended.length === 0) return { cronJob, events: [] };
  const count = failuresAfter(Number(cronJob.metadata.annotations?.[FAILURES_ANNOTATION] ?? 0));
  if (count < pauseAfter) {
    return { cronJob: annotated(cronJob, FAILURES_ANNOTATION, String(count)), events: [] };
  }
  const message = `Suspended after ${count} failed jobs in a row; set .spec.suspend to false to go on`;
  const paused = annotated(cronJob, FAILURES_ANNOTATION, "0");
  return {
    cronJob: { ...paused, spec: { ...paused.spec, suspend: true } },
    events: [{ type: "Warning", reason: "PausedAfterFailures", message }],
  };
}
