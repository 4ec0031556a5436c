import type { DstPolicy } from "../../cron/next.ts";
import type { CronJob } from "../../objects/job.ts";

const PREFIX = "jobs.nodetcd.io/";
/** Slots up to this time have their line in the ledger; written where `lastScheduleTime` does not say it. */
export const DECIDED_ANNOTATION: string = `${PREFIX}decided-until`;
/** Failed Jobs since the last successful one; kept where `pause-after-failures` asks for it. */
export const FAILURES_ANNOTATION: string = `${PREFIX}failures`;

/** What annotations ask for beyond Kubernetes. All off by default. */
export interface CronJobOptions {
  /** `dst-policy: once` */
  readonly dst: DstPolicy;
  /** `jitter-seconds`: each slot starts up to so much later, by an amount that is the slot's own. */
  readonly jitterMs: number;
  /** `catch-up`: which missed slots run: all of them one after the other, the newest, or none. */
  readonly catchUp: "all" | "latest" | "none";
  /** `max-catch-up`: at most so many of them, the newest. */
  readonly catchUpMax: number;
  /** `pause-after-failures`: the CronJob is suspended after so many failed Jobs in a row. 0: never. */
  readonly pauseAfter: number;
}

/** A missed slot that is older counts as caught up, not as run in time. */
export const LATE_MS = 30_000;
const CATCH_UP_MAX = 100;
const JITTER_MAX_SECONDS = 86_400;

export function cronJobOptions({ metadata }: CronJob): CronJobOptions {
  const text = (name: string): string => metadata.annotations?.[PREFIX + name] ?? "";
  const whole = (name: string, max: number, otherwise: number): number =>
    /^\d+$/.test(text(name)) ? Math.min(max, Number(text(name))) : otherwise;
  const catchUp = text("catch-up");
  return {
    dst: text("dst-policy") === "once" ? "once" : "kubernetes",
    jitterMs: whole("jitter-seconds", JITTER_MAX_SECONDS, 0) * 1_000,
    catchUp: catchUp === "all" || catchUp === "none" ? catchUp : "latest",
    catchUpMax: whole("max-catch-up", CATCH_UP_MAX, CATCH_UP_MAX),
    pauseAfter: whole("pause-after-failures", 1_000_000, 0),
  };
}

/** How much later than its time a slot starts: the same whoever asks, spread over [0, jitter). */
export function jitterOf(cronJob: CronJob, slot: number, { jitterMs }: CronJobOptions): number {
  if (jitterMs === 0) return 0;
  let hash = 0x811c9dc5;
  for (const letter of `${cronJob.metadata.uid}/${slot}`) {
    hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  }
  // FNV's low bits are better than its high ones: fold them.
  return ((hash ^ (hash >>> 15)) >>> 0) % jitterMs;
}
