import { Cron } from "croner";
import type { CronJobView, JobView, PodView, SlotView } from "../contract/jobs.ts";
import { defined } from "../samples/sample.ts";
import { type KubernetesObject, numberAt, textAt, timeOf } from "./kubernetes.ts";

/** Next moments that are reckoned for each CronJob, and slots of the ledger that are shown. */
const NEXT = 5;
const SLOTS = 60;

export function cronJobView(
  object: KubernetesObject,
  now: number,
  slots: readonly KubernetesObject[] | undefined,
): CronJobView {
  const { metadata = {}, spec, status } = object;
  const schedule = textAt(spec, "schedule") ?? "";
  const timeZone = textAt(spec, "timeZone");
  const suspended = spec?.["suspend"] === true;
  const { name = "", namespace = "" } = metadata;
  const active = status?.["active"];
  return defined<CronJobView>({
    namespace,
    name,
    schedule,
    timeZone,
    suspended,
    concurrency: textAt(spec, "concurrencyPolicy") ?? "Allow",
    active: Array.isArray(active) ? active.length : 0,
    lastSchedule: timeOf(status?.["lastScheduleTime"]),
    lastSuccess: timeOf(status?.["lastSuccessfulTime"]),
    next: suspended ? [] : nextMoments(schedule, timeZone, now),
    slots: slots
      ?.filter(
        (slot) => slot.metadata?.namespace === namespace && slot.spec?.["cronJobName"] === name,
      )
      .map(slotView)
      .toSorted((a, b) => a.at - b.at)
      .slice(-SLOTS),
  });
}

/** In UTC unless the CronJob has a zone: that of the controller is not told. */
function nextMoments(schedule: string, timezone = "UTC", now: number): number[] {
  try {
    return new Cron(schedule, { timezone, mode: "5-or-6-parts" })
      .nextRuns(NEXT, new Date(now))
      .map((date) => date.getTime());
  } catch {
    return [];
  }
}

function slotView({ spec, status }: KubernetesObject): SlotView {
  return defined<SlotView>({
    at: timeOf(spec?.["scheduledTime"]) ?? 0,
    decision: textAt(status, "decision") ?? "",
    message: textAt(status, "message") ?? "",
    job: textAt(status, "jobName"),
  });
}

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

export function jobView({ metadata = {}, spec, status }: KubernetesObject): JobView {
  const conditions = (status?.["conditions"] ?? []) as readonly Condition[];
  const holds = (type: string): Condition | undefined =>
    conditions.find((one) => one.type === type && one.status === "True");
  const failed = holds("Failed") ?? holds("FailureTarget");
  const active = numberAt(status, "active");
  const state =
    failed !== undefined
      ? "failed"
      : holds("Complete") !== undefined
        ? "complete"
        : holds("Suspended") !== undefined || spec?.["suspend"] === true
          ? "suspended"
          : active > 0
            ? "running"
            : "waiting";
  const completions = spec?.["completions"];
  return defined<JobView>({
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    cronJob: metadata.ownerReferences?.find(({ kind }) => kind === "CronJob")?.name,
    state,
    created: timeOf(metadata.creationTimestamp) ?? 0,
    started: timeOf(status?.["startTime"]),
    ended:
      timeOf(status?.["completionTime"]) ??
      timeOf((failed as { lastTransitionTime?: string } | undefined)?.lastTransitionTime),
    active,
    succeeded: numberAt(status, "succeeded"),
    failed: numberAt(status, "failed"),
    completions: typeof completions === "number" ? completions : 1,
    reason: failed?.reason,
    message: failed?.message,
  });
}

export function podView({ metadata = {}, spec, status }: KubernetesObject): PodView {
  const containers = (spec?.["containers"] ?? []) as readonly { readonly name?: string }[];
  return defined<PodView>({
    name: metadata.name ?? "",
    phase: textAt(status, "phase") ?? "Unknown",
    created: timeOf(metadata.creationTimestamp) ?? 0,
    containers: containers.map(({ name = "" }) => name),
    message: textAt(status, "message"),
  });
}

/** Labels that belong to one Job and not to its template. */
const OWN_LABELS = [
  "controller-uid",
  "job-name",
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-name",
];

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
}

/** A new Job with the same template: what the API added to the old one is left out. */
export function again(
  { metadata = {}, spec = {} }: KubernetesObject,
  name: string,
): KubernetesObject {
  const { selector: _, suspend: __, template, ...rest } = spec;
  const { metadata: inner = {}, ...pod } = (template ?? {}) as Template;
  const labels = Object.fromEntries(
    Object.entries(inner.labels ?? {}).filter(([label]) => !OWN_LABELS.includes(label)),
  );
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    },
    spec: { ...rest, template: { ...pod, metadata: { ...inner, labels } } },
  };
}

/** The Job of a CronJob, now: as `kubectl create job --from` makes it. */
export function runNow(cronJob: KubernetesObject, name: string): KubernetesObject {
  const { metadata = {}, spec } = cronJob;
  const template = (spec?.["jobTemplate"] ?? {}) as KubernetesObject;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      ...template.metadata,
      name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      annotations: {
        ...template.metadata?.annotations,
        "cronjob.kubernetes.io/instantiate": "manual",
      },
      ownerReferences: [
        {
          apiVersion: "batch/v1",
          kind: "CronJob",
          name: metadata.name ?? "",
          uid: metadata.uid ?? "",
          controller: true,
        } as { kind: string; name: string },
      ],
    },
    ...(template.spec === undefined ? {} : { spec: template.spec }),
  };
}
