import type { Job } from "../../objects/job.ts";
import type { Pod } from "../../objects/pod.ts";
import { judgeFailure } from "./failure-policy.ts";
import {
  hasIndex,
  type Indexes,
  indexesOf,
  joinIndexes,
  NO_INDEXES,
  parseIndexes,
} from "./indexes.ts";
import { hasFailed, indexOf, isActive, isTracked } from "./pod-state.ts";

const FAILURES = "batch.kubernetes.io/job-index-failure-count";
const IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count";

function annotated(pod: Pod, name: string): number {
  const text = pod.metadata.annotations?.[name] ?? "";
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** Failures of this pod's index before it, with those that are ignored. */
export function failuresBefore(pod: Pod): number {
  return annotated(pod, FAILURES) + annotated(pod, IGNORED);
}

/** What the pod that replaces `replaced` carries, so that failures of an index are counted on. */
export function failureAnnotations(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (replaced === undefined) return { [FAILURES]: "0" };
  const { counts } = judgeFailure(job, replaced);
  const ignored = annotated(replaced, IGNORED) + (counts ? 0 : 1);
  return {
    [FAILURES]: String(annotated(replaced, FAILURES) + (counts ? 1 : 0)),
    ...(ignored > 0 ? { [IGNORED]: String(ignored) } : {}),
  };
}

export interface IndexFailures {
  readonly failedIndexes: Indexes;
  /**
   * Of each index that is tried again, the failed pod that the next one replaces. It keeps its finalizer
   * until then: its annotation is the only count of the index's failures.
   */
  readonly replaced: ReadonlyMap<number, Pod>;
}

/** What backoffLimitPerIndex makes of the failed pods. */
export function indexFailures(job: Job, pods: readonly Pod[], succeeded: Indexes): IndexFailures {
  const { backoffLimitPerIndex: limit, completions = 0 } = job.spec;
  if (limit === undefined) return { failedIndexes: NO_INDEXES, replaced: new Map() };
  const failed = pods.filter((pod) => isTracked(pod) && hasFailed(pod, job));
  const exhausted = failed.filter((pod) => {
    const { action, counts } = judgeFailure(job, pod);
    return action === "FailIndex" || (counts && annotated(pod, FAILURES) >= limit);
  });
  const before = parseIndexes(job.status?.failedIndexes, completions);
  const failedIndexes = joinIndexes(before, indexesOf(definedIndexes(exhausted, job)));
  const busy = new Set(definedIndexes(pods.filter(isActive), job));
  const replaced = new Map<number, Pod>();
  for (const pod of failed) {
    const index = indexOf(pod, job);
    if (index === undefined || busy.has(index)) continue;
    if (hasIndex(succeeded, index) || hasIndex(failedIndexes, index)) continue;
    const known = replaced.get(index);
    if (known === undefined || failuresBefore(pod) > failuresBefore(known)) {
      replaced.set(index, pod);
    }
  }
  return { failedIndexes, replaced };
}

export function definedIndexes(pods: readonly Pod[], job: Job): number[] {
  return pods.map((pod) => indexOf(pod, job)).filter((index) => index !== undefined);
}
