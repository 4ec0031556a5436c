import type { Job } from "../../objects/job.ts";
import type { Condition } from "../../objects/meta.ts";
import type { Pod } from "../../objects/pod.ts";

/** On a pod while the Job controller has not counted its end. */
export const TRACKING_FINALIZER = "batch.kubernetes.io/job-tracking";
export const INDEX_ANNOTATION = "batch.kubernetes.io/job-completion-index";

export function isEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** Counts towards the Job's parallelism. */
export function isActive(pod: Pod): boolean {
  return !isEnded(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isTerminating(pod: Pod): boolean {
  return !isEnded(pod) && pod.metadata.deletionTimestamp !== undefined;
}

/** Whether a pod that is being deleted is waited for before it is replaced. */
export function replacesOnlyEnded({ spec }: Job): boolean {
  return spec.podReplacementPolicy === "Failed" || spec.podFailurePolicy !== undefined;
}

/**
 * A pod that is being deleted may never come to an end of its own: it counts as failed, unless it is waited for, or
 * goes because its Job goes.
 */
export function hasFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === "Failed") return true;
  const { deletionTimestamp } = job.metadata;
  return isTerminating(pod) && !replacesOnlyEnded(job) && deletionTimestamp === undefined;
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING_FINALIZER) === true;
}

export function podCondition(pod: Pod, type: string): Condition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** The pod's completion index; undefined when it has none below `completions`. */
export function indexOf(pod: Pod, job: Job): number | undefined {
  const text = pod.metadata.annotations?.[INDEX_ANNOTATION] ?? "";
  const index = /^\d+$/.test(text) ? Number(text) : -1;
  return index >= 0 && index < (job.spec.completions ?? 0) ? index : undefined;
}

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === "Indexed";
}

/** When the pod ended, in milliseconds; for one that vanishes, when its deletion began. */
export function endedAt(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map(
    ({ state }) => state?.terminated?.finishedAt ?? "",
  );
  if (ends.length > 0 && ends.every((end) => end !== "")) {
    return Math.max(...ends.map((end) => Date.parse(end)));
  }
  const ready = podCondition(pod, "Ready");
  const unready = ready?.status === "False" ? ready.lastTransitionTime : undefined;
  if (unready) return Date.parse(unready);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined) {
    return Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1_000;
  }
  return Date.parse(creationTimestamp ?? "");
}
