import type { Job, JobStatus } from "../../objects/job.ts";
import type { Pod } from "../../objects/pod.ts";
import { addFailures, type Failures } from "./backoff.ts";
import { indexFailures } from "./index-failures.ts";
import { type Indexes, indexesOf, joinIndexes, NO_INDEXES, parseIndexes } from "./indexes.ts";
import { judgeFailure } from "./failure-policy.ts";
import {
  hasFailed,
  indexOf,
  isActive,
  isIndexed,
  isReady,
  isTerminating,
  isTracked,
} from "./pod-state.ts";

/** What is known of a Job before anything is decided. Pods are those that it controls. */
export interface JobContext {
  readonly job: Job;
  readonly pods: readonly Pod[];
  /** Wall time in milliseconds. */
  readonly now: number;
  readonly status: JobStatus;
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  readonly ready: number;
  /** Ended pods whose end is in no count yet, not even in `uncountedTerminatedPods`. */
  readonly newSucceeded: readonly Pod[];
  readonly newFailed: readonly Pod[];
  /** For the pause before the next pod. */
  readonly failures: Failures;
  /** Counts with all that has ended. */
  readonly succeeded: number;
  readonly failed: number;
  /** Of an indexed Job. */
  readonly succeededIndexes: Indexes;
  readonly failedIndexes: Indexes;
  /** With backoffLimitPerIndex: the failed pod of each index that is going to be replaced. */
  readonly replaced: ReadonlyMap<number, Pod>;
}

export function contextOf(
  job: Job,
  pods: readonly Pod[],
  now: number,
  failuresBefore: Failures,
): JobContext {
  const status = job.status ?? {};
  const { succeeded: oldSucceeded = [], failed: oldFailed = [] } =
    status.uncountedTerminatedPods ?? {};
  const counted = new Set([...oldSucceeded, ...oldFailed]);
  const news = pods.filter((pod) => isTracked(pod) && !counted.has(pod.metadata.uid ?? ""));
  const newSucceeded = news.filter((pod) => pod.status?.phase === "Succeeded");
  const newFailed = news.filter((pod) => hasFailed(pod, job));
  const indexed = isIndexed(job);
  const succeededIndexes = indexed ? indexesNow(job, newSucceeded) : NO_INDEXES;
  const perIndex = indexFailures(job, pods, succeededIndexes);
  const failures = newFailed.filter(
    (pod) => (!indexed || indexOf(pod, job) !== undefined) && judgeFailure(job, pod).counts,
  );
  const active = pods.filter(isActive);
  return {
    job,
    pods,
    now,
    status,
    active,
    terminating: pods.filter(isTerminating),
    ready: active.filter(isReady).length,
    newSucceeded,
    newFailed,
    failures: addFailures(failuresBefore, newSucceeded, newFailed),
    succeeded: indexed
      ? succeededIndexes.reduce((sum, [first, last]) => sum + last - first + 1, 0)
      : (status.succeeded ?? 0) + newSucceeded.length + oldSucceeded.length,
    failed: (status.failed ?? 0) + failures.length + oldFailed.length,
    succeededIndexes,
    ...perIndex,
  };
}

function indexesNow(job: Job, newSucceeded: readonly Pod[]): Indexes {
  const before = parseIndexes(job.status?.completedIndexes, job.spec.completions ?? 0);
  const added = newSucceeded.map((pod) => indexOf(pod, job));
  return joinIndexes(before, indexesOf(added.filter((index) => index !== undefined)));
}
