import type { CronJob, Job, Slot } from "../../objects/job.ts";
import type { PodSpec } from "../../objects/pod.ts";
import { labelSelectorText } from "../../objects/select-labels.ts";
import { AGE, type Column, column, NAME, WIDE } from "./column.ts";
import { age, humanDuration } from "./duration.ts";

function has(job: Job, type: string): boolean {
  return (job.status?.conditions ?? []).some(
    (condition) => condition.type === type && condition.status === "True",
  );
}

function jobStatus(job: Job): string {
  if (has(job, "Complete")) return "Complete";
  if (has(job, "Failed")) return "Failed";
  if (job.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (has(job, "Suspended")) return "Suspended";
  if (has(job, "FailureTarget")) return "FailureTarget";
  return "Running";
}

function completions({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${done}/${spec.completions}`;
  const { parallelism = 0 } = spec;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function duration({ status }: Job, now: number): string {
  if (status?.startTime === undefined) return "";
  const end = status.completionTime === undefined ? now : Date.parse(status.completionTime);
  return humanDuration(end - Date.parse(status.startTime));
}

const names = ({ containers }: PodSpec): string => containers.map(({ name }) => name).join(",");
const images = ({ containers }: PodSpec): string =>
  containers.map(({ image = "" }) => image).join(",");

function selector(of: Job["spec"]): string {
  const text = labelSelectorText(of.selector ?? {});
  return text === "" ? "<none>" : text;
}

export const JOB_COLUMNS: readonly Column[] = [
  NAME,
  column<Job>("Status", "How far the Job is", jobStatus),
  column<Job>("Completions", "Pods that succeeded, of those wanted", completions),
  column<Job>("Duration", "From the start to the completion or to now", duration),
  AGE,
  column<Job>(
    "Containers",
    "Names of the containers",
    ({ spec }) => names(spec.template.spec),
    WIDE,
  ),
  column<Job>("Images", "Images of the containers", ({ spec }) => images(spec.template.spec), WIDE),
  column<Job>("Selector", "Labels of its pods", ({ spec }) => selector(spec), WIDE),
];

export const CRON_JOB_COLUMNS: readonly Column[] = [
  NAME,
  column<CronJob>("Schedule", "When it runs, as cron writes it", ({ spec }) => spec.schedule),
  column<CronJob>("Timezone", "Whose clock", ({ spec }) => spec.timeZone ?? "<none>"),
  column<CronJob>("Suspend", "True: it does not start Jobs now", ({ spec }) =>
    spec.suspend === true ? "True" : "False",
  ),
  column<CronJob>("Active", "Jobs that run now", ({ status }) => status?.active?.length ?? 0, {
    type: "integer",
  }),
  column<CronJob>("Last Schedule", "When it last started a Job", ({ status }, now) =>
    status?.lastScheduleTime === undefined ? "<none>" : age(status.lastScheduleTime, now),
  ),
  AGE,
  column<CronJob>(
    "Containers",
    "Names of the containers",
    ({ spec }) => names(spec.jobTemplate.spec.template.spec),
    WIDE,
  ),
  column<CronJob>(
    "Images",
    "Images of the containers",
    ({ spec }) => images(spec.jobTemplate.spec.template.spec),
    WIDE,
  ),
  column<CronJob>(
    "Selector",
    "Labels of its pods",
    ({ spec }) => selector(spec.jobTemplate.spec),
    WIDE,
  ),
];

export const SLOT_COLUMNS: readonly Column[] = [
  NAME,
  column<Slot>("CronJob", "Whose slot it is", ({ spec }) => spec.cronJobName),
  column<Slot>("Scheduled", "The moment of the schedule", ({ spec }) => spec.scheduledTime),
  column<Slot>("Decision", "What became of it", ({ status }) => status.decision),
  column<Slot>("Job", "The Job that was started", ({ status }) => status.jobName ?? "<none>"),
  AGE,
  column<Slot>("Message", "Why", ({ status }) => status.message ?? "", WIDE),
];
