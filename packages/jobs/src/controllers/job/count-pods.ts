import type { JobStatus } from "../../objects/job.ts";
import type { Pod } from "../../objects/pod.ts";
import type { JobEnd } from "./conditions.ts";
import type { JobContext } from "./context.ts";
import { judgeFailure } from "./failure-policy.ts";
import { formatIndexes, hasIndex, indexesOf, joinIndexes, parseIndexes } from "./indexes.ts";
import { definedIndexes } from "./index-failures.ts";
import { hasFailed, indexOf, isIndexed, isTracked } from "./pod-state.ts";

/** Pods counted in one pass: their finalizers go in the transaction that counts them. */
const RELEASE_MAX = 40;

export interface CountedPods {
  readonly release: readonly Pod[];
  /** Those that the next pass has to count. */
  readonly left: number;
  readonly counts: Pick<
    JobStatus,
    "succeeded" | "failed" | "completedIndexes" | "failedIndexes" | "uncountedTerminatedPods"
  >;
}

/**
 * Counts pods that have ended; when the Job ends (`end`), also those that are to go: as failed ones when it fails,
 * else not at all. The count and the removal of the pod's finalizer are one transaction, so each
 * end is counted exactly once and `uncountedTerminatedPods` stays empty; what another controller has left in
 * it is counted too.
 */
export function countPods(context: JobContext, end: JobEnd | undefined): CountedPods {
  const ended = context.pods.filter((pod) => isTracked(pod) && mayRelease(context, pod, end));
  const release = ended.slice(0, RELEASE_MAX);
  return {
    release,
    left: ended.length - release.length,
    counts: countsWith(context, release, end),
  };
}

function mayRelease({ job, replaced }: JobContext, pod: Pod, end: JobEnd | undefined): boolean {
  if (end !== undefined || job.metadata.deletionTimestamp !== undefined) return true;
  if (pod.status?.phase === "Succeeded") return true;
  if (!hasFailed(pod, job)) return false;
  const index = indexOf(pod, job);
  return index === undefined || replaced.get(index) !== pod;
}

function countsWith(
  context: JobContext,
  release: readonly Pod[],
  end: JobEnd | undefined,
): CountedPods["counts"] {
  const { job, status } = context;
  const indexed = isIndexed(job);
  const known = status.uncountedTerminatedPods ?? {};
  const seen = new Set([...(known.succeeded ?? []), ...(known.failed ?? [])]);
  const fresh = release.filter((pod) => !seen.has(pod.metadata.uid ?? ""));
  const succeeded = fresh.filter((pod) => pod.status?.phase === "Succeeded");
  const failed = fresh.filter(
    (pod) =>
      pod.status?.phase !== "Succeeded" &&
      (end?.type === "FailureTarget" || hasFailed(pod, job)) &&
      (!indexed || indexOf(pod, job) !== undefined) &&
      judgeFailure(job, pod).counts,
  );
  const failures = (status.failed ?? 0) + (known.failed?.length ?? 0) + failed.length;
  const counts = { failed: failures, uncountedTerminatedPods: {} };
  if (!indexed) {
    const before = (status.succeeded ?? 0) + (known.succeeded?.length ?? 0);
    return { ...counts, succeeded: before + succeeded.length };
  }
  return { ...counts, ...indexCounts(context, succeeded) };
}

function indexCounts(
  { job, status, failedIndexes }: JobContext,
  succeeded: readonly Pod[],
): Pick<JobStatus, "succeeded" | "completedIndexes" | "failedIndexes"> {
  const before = parseIndexes(status.completedIndexes, job.spec.completions ?? 0);
  const added = definedIndexes(succeeded, job).filter((index) => !hasIndex(before, index));
  const completed = joinIndexes(before, indexesOf(added));
  return {
    succeeded: completed.reduce((sum, [first, last]) => sum + last - first + 1, 0),
    completedIndexes: formatIndexes(completed),
    ...(job.spec.backoffLimitPerIndex === undefined
      ? {}
      : { failedIndexes: formatIndexes(failedIndexes) }),
  };
}
