import { type Zone } from "../../cron/zone.ts";
import type { CronJob, Job } from "../../objects/job.ts";
import { controllerReference, timeText } from "../../objects/meta.ts";

const SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/** The name says the slot in minutes since 1970, so that a slot has one Job. */
export function jobNameOf({ metadata }: CronJob, slot: number): string {
  return `${metadata.name}-${Math.floor(slot / 60_000)}`;
}

/** RFC 3339 by the clock of a zone: `2026-11-30T02:00:00+01:00`. */
function zonedTime(instant: number, zone: Zone): string {
  const offset = zone.offsetAt(instant);
  if (offset === 0) return timeText(instant);
  const minutes = Math.abs(offset) / 60_000;
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const sign = offset < 0 ? "-" : "+";
  return timeText(instant + offset).replace(
    "Z",
    `${sign}${pad(minutes / 60)}:${pad(minutes % 60)}`,
  );
}

/** The Job of a slot, not stored yet. */
export function newJob(cronJob: CronJob, slot: number, zone: Zone): Job {
  const { metadata = {}, spec } = structuredClone(cronJob.spec.jobTemplate);
  const { labels, annotations } = metadata;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: jobNameOf(cronJob, slot),
      namespace: cronJob.metadata.namespace ?? "",
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [SCHEDULED]: zonedTime(slot, zone) },
      ownerReferences: [{ ...controllerReference(cronJob), apiVersion: "batch/v1" }],
    },
    spec,
  };
}
