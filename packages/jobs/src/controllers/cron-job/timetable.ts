import { missedSlots } from "../../cron/missed.ts";
import { nextSlot } from "../../cron/next.ts";
import { parseSchedule } from "../../cron/parse-schedule.ts";
import type { Schedule } from "../../cron/schedule.ts";
import { type Zone, zoneNamed } from "../../cron/zone.ts";
import type { CronJob } from "../../objects/job.ts";
import type { PlannedEvent } from "../planned-event.ts";
import { type CronJobOptions, DECIDED_ANNOTATION, jitterOf } from "./options.ts";

export interface Timetable {
  readonly schedule: Schedule;
  readonly zone: Zone;
  readonly warnings: readonly PlannedEvent[];
}

function warning(reason: string, message: string): PlannedEvent {
  return { type: "Warning", reason, message };
}

/** The CronJob's schedule in its zone (default UTC), or why it has none. */
export function timetableOf({ spec }: CronJob): Timetable | PlannedEvent {
  const zone = zoneNamed(spec.timeZone ?? "UTC");
  if (zone === undefined) {
    const name = spec.timeZone ?? "";
    return warning("UnknownTimeZone", `invalid timeZone: "${name}": unknown time zone ${name}`);
  }
  const parsed = parseSchedule(spec.schedule);
  if (!parsed.ok) {
    return warning(
      "UnparseableSchedule",
      `unparseable schedule: "${spec.schedule}" : ${parsed.error}`,
    );
  }
  const message = `CRON_TZ or TZ used in schedule "${spec.schedule}" is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`;
  const warnings = spec.schedule.includes("TZ") ? [warning("UnsupportedSchedule", message)] : [];
  return { schedule: parsed.schedule, zone, warnings };
}

/** Slots that have come and have no line in the ledger yet. */
export interface OpenSlots {
  /** The oldest first; at most the hundred newest. */
  readonly due: readonly number[];
  /** Where there are more: the oldest of all. Those between it and `due` are not listed. */
  readonly oldest: number | undefined;
  /** When the next one comes, in milliseconds of wall time. */
  readonly next: number | undefined;
}

export function openSlots(
  cronJob: CronJob,
  { schedule, zone }: Timetable,
  options: CronJobOptions,
  now: number,
): OpenSlots {
  const since = decidedUntil(cronJob);
  const missed = missedSlots(schedule, zone, since, now, options.dst);
  const startOf = (slot: number): number => slot + jitterOf(cronJob, slot, options);
  const waiting = missed.slots.map(startOf).filter((start) => start > now);
  const following = nextSlot(schedule, zone, missed.newest ?? Math.max(since, now), options.dst);
  if (following !== undefined) waiting.push(startOf(following));
  // A slot before one that is due is due as well, whatever its own jitter: slots are decided in their order.
  const count = missed.slots.findLastIndex((slot) => startOf(slot) <= now) + 1;
  return {
    due: missed.slots.slice(0, count),
    oldest: missed.many ? missed.oldest : undefined,
    next: waiting.length === 0 ? undefined : Math.min(...waiting),
  };
}

/** Slots up to this time, in milliseconds, have their line in the ledger. */
export /** Slots up to this time, in milliseconds, are decided. */
function decidedUntil({ metadata, status }: CronJob): number {
  const times = [
    status?.lastScheduleTime ?? metadata.creationTimestamp,
    metadata.annotations?.[DECIDED_ANNOTATION],
  ];
  return Math.max(0, ...times.map((time) => Date.parse(time ?? "")).filter((time) => time > 0));
}
