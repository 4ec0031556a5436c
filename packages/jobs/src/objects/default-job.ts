import { defaultPodSpec } from "./default-pod.ts";
import type { CronJob, Job, JobSpec } from "./job.ts";

const INT32_MAX = 2_147_483_647;

/** Labels by which a Job knows its pods; the short ones are from before the long ones. */
export const JOB_NAME_LABELS = ["batch.kubernetes.io/job-name", "job-name"] as const;
export const CONTROLLER_UID_LABEL = "batch.kubernetes.io/controller-uid";
export const CONTROLLER_UID_LABELS = [
  "batch.kubernetes.io/controller-uid",
  "controller-uid",
] as const;

function defaultTemplate(spec: JobSpec): void {
  spec.template ??= { spec: { containers: [] } };
  spec.template.metadata ??= {};
  spec.template.spec ??= { containers: [] };
  defaultPodSpec(spec.template.spec);
  for (const { onPodConditions = [] } of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of onPodConditions) pattern.status ??= "True";
  }
}

/** Fills in what a Job leaves out, as Kubernetes does. */
export function defaultJob(job: Job): void {
  const spec = (job.spec ??= { template: { spec: { containers: [] } } });
  defaultTemplate(spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : INT32_MAX;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??=
    spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed";
}

/** A Job without labels has those of its pods, the generated ones too. */
export function labelAsPods({ metadata, spec }: Job): void {
  const { labels } = spec.template.metadata ?? {};
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) {
    metadata.labels = { ...labels };
  }
}

/** Makes the selector of a new Job, and the labels of its pods that it selects by. */
export function generateSelector(job: Job): void {
  const { metadata, spec } = job;
  if (spec.manualSelector === true) return;
  const uid = metadata.uid ?? "";
  const template = (spec.template.metadata ??= {});
  const labels = (template.labels ??= {});
  for (const label of JOB_NAME_LABELS) labels[label] ??= metadata.name;
  for (const label of CONTROLLER_UID_LABELS) labels[label] ??= uid;
  const selector = (spec.selector ??= {});
  selector.matchLabels ??= {};
  selector.matchLabels[CONTROLLER_UID_LABEL] ??= uid;
}

/** Fills in what a CronJob leaves out. The Jobs that it makes are filled in when they are made. */
export function defaultCronJob(cronJob: CronJob): void {
  const template = { metadata: {}, spec: { template: { spec: { containers: [] } } } };
  const spec = (cronJob.spec ??= { schedule: "", jobTemplate: template });
  spec.concurrencyPolicy ??= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  spec.jobTemplate ??= template;
  spec.jobTemplate.metadata ??= {};
  spec.jobTemplate.spec ??= template.spec;
  defaultTemplate(spec.jobTemplate.spec);
}
