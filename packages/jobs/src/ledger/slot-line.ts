import type { CronJob, Job, Slot, SlotDecision } from "../objects/job.ts";
import { timeText } from "../objects/meta.ts";

/** What becomes of one moment of a schedule. */
export interface SlotLine {
  /** Milliseconds of wall time. */
  readonly scheduled: number;
  /** The line stands for all slots from `scheduled` to here; where very many were missed. */
  readonly until?: number;
  readonly decision: SlotDecision;
  readonly message: string;
}

/** A slot's own name: `nightly-29678340`, with the second where the schedule goes by seconds. */
function slotName({ metadata }: CronJob, scheduled: number): string {
  const minute = `${metadata.name}-${Math.floor(scheduled / 60_000)}`;
  const second = Math.floor((scheduled % 60_000) / 1_000);
  return second === 0 ? minute : `${minute}-${second}`;
}

/** The CronJob in the name of a slot: `nightly` of `nightly-29678340`. */
export function cronJobNameOf(slot: string): string {
  return /^(.+?)-\d{6,}(?:-\d{1,2})?$/.exec(slot)?.[1] ?? "";
}

/**
 * The line as an object of the resource `slots`. It belongs to the CronJob, and goes with it; `job` is the one
 * that the slot got.
 */
export function slotOf(cronJob: CronJob, line: SlotLine, now: number, by: string, job?: Job): Slot {
  const { name, uid = "", namespace = "" } = cronJob.metadata;
  return {
    apiVersion: "nodetcd.io/v1",
    kind: "Slot",
    metadata: {
      name: slotName(cronJob, line.scheduled),
      namespace,
      labels: { "jobs.nodetcd.io/cronjob": name },
      ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name, uid }],
    },
    spec: {
      cronJobName: name,
      cronJobUid: uid,
      scheduledTime: timeText(line.scheduled),
      ...(line.until === undefined ? {} : { untilTime: timeText(line.until) }),
    },
    status: {
      decision: line.decision,
      message: line.message,
      decidedTime: timeText(now),
      decidedBy: by,
      ...(job === undefined
        ? {}
        : { jobName: job.metadata.name, ...(job.metadata.uid && { jobUid: job.metadata.uid }) }),
    },
  };
}
