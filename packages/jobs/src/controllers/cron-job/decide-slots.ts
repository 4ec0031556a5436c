import type { CronJob, Job } from "../../objects/job.ts";
import { timeText } from "../../objects/meta.ts";
import type { SlotLine } from "../../ledger/slot-line.ts";
import { finishedAt } from "../job/conditions.ts";
import { startOf } from "./account.ts";
import { type CronJobOptions, LATE_MS } from "./options.ts";
import type { OpenSlots } from "./timetable.ts";

/** Lines written in one transaction; slots before them are one line together. */
const LINES_MAX = 40;

export interface SlotSituation {
  readonly cronJob: CronJob;
  readonly jobs: readonly Job[];
  readonly options: CronJobOptions;
  readonly suspended: boolean;
  /** Forbid, and a Job is active. */
  readonly blocked: boolean;
  readonly now: number;
}

export interface SlotDecisions {
  /** Slots that will not run, each with why. */
  readonly lines: readonly SlotLine[];
  /** The slot that starts now. */
  readonly start: SlotLine | undefined;
  /** A slot that waits for the active Job, or for the end of the suspension. */
  readonly waiting: number | undefined;
  /** Milliseconds of wall time at which waiting has no sense any more. */
  readonly waitUntil: number | undefined;
}

/**
 * Gives every open slot its one line, but for the newest when it may still run: only the newest missed slot
 * runs, unless `catch-up` says otherwise.
 */
export function decideSlots(situation: SlotSituation, { due, oldest }: OpenSlots): SlotDecisions {
  const runnable = due.filter((slot) => mayRun(situation, slot));
  const { catchUp, catchUpMax } = situation.options;
  const candidates = catchUp === "all" ? runnable.slice(-catchUpMax) : runnable.slice(-1);
  const [first] = candidates;
  const passed = due.filter((slot) => first === undefined || slot < first);
  const lines = passed.map((slot) => notRun(situation, slot));
  const decided = { lines: summed(lines, oldest), waitUntil: undefined };
  if (first === undefined) return { ...decided, start: undefined, waiting: undefined };
  if (situation.suspended || situation.blocked) {
    const deadline = deadlineOf(situation, first);
    const waitUntil = deadline === undefined ? undefined : deadline + 1;
    return { ...decided, start: undefined, waiting: first, waitUntil };
  }
  return { ...decided, start: run(situation, first), waiting: undefined };
}

function deadlineOf({ cronJob }: SlotSituation, slot: number): number | undefined {
  const { startingDeadlineSeconds: seconds } = cronJob.spec;
  return seconds === undefined ? undefined : slot + seconds * 1_000;
}

function mayRun(situation: SlotSituation, slot: number): boolean {
  const { now, options } = situation;
  const deadline = deadlineOf(situation, slot) ?? Infinity;
  const latest = options.catchUp === "none" ? slot + options.jitterMs + LATE_MS : Infinity;
  return now <= Math.min(deadline, latest);
}

function run({ now, options }: SlotSituation, slot: number): SlotLine {
  const late = now - slot;
  if (late <= LATE_MS + options.jitterMs) {
    return { scheduled: slot, decision: "Ran", message: "The Job was created" };
  }
  const message = `The Job was created ${Math.round(late / 1_000)} s after the slot`;
  return { scheduled: slot, decision: "CaughtUp", message };
}

function notRun(situation: SlotSituation, slot: number): SlotLine {
  const { cronJob, suspended } = situation;
  const line = (decision: SlotLine["decision"], message: string): SlotLine => ({
    scheduled: slot,
    decision,
    message,
  });
  if (suspended) return line("Suspended", "The CronJob was suspended");
  const job = cronJob.spec.concurrencyPolicy === "Forbid" ? activeAt(situation, slot) : undefined;
  if (job !== undefined) {
    const message = `Job ${job.metadata.name} was active, and the concurrency policy is Forbid`;
    return line("Forbidden", message);
  }
  if (!mayRun(situation, slot)) {
    const { startingDeadlineSeconds: seconds } = cronJob.spec;
    const limit = seconds === undefined ? "catch-up: none" : `${seconds} s`;
    return line("TooLate", `It could not be started before its deadline (${limit})`);
  }
  const message = "It was missed, and of missed slots only the newest runs";
  return line("Superseded", message);
}

/** A Job of the CronJob that had begun at this time and had not finished. */
function activeAt({ jobs, now }: SlotSituation, slot: number): Job | undefined {
  return jobs.find((job) => startOf(job) <= slot && (finishedAt(job) ?? now) >= slot);
}

/** The newest lines, with one line before them for all that are older; `oldest` is not among the lines. */
function summed(lines: readonly SlotLine[], oldest: number | undefined): SlotLine[] {
  if (lines.length <= LINES_MAX && oldest === undefined) return [...lines];
  const last = lines.at(-LINES_MAX);
  const scheduled = oldest ?? lines[0]?.scheduled;
  if (last === undefined || scheduled === undefined) return [...lines];
  const message = `${last.message}; this line stands for all slots from ${timeText(scheduled)} to ${timeText(last.scheduled)}`;
  return [{ ...last, scheduled, until: last.scheduled, message }, ...lines.slice(1 - LINES_MAX)];
}
