import type { JobStatus } from "../../objects/job.ts";
import { type Condition } from "../../objects/meta.ts";
import type { Pod } from "../../objects/pod.ts";
import { findCondition, type JobEnd } from "./conditions.ts";
import type { JobContext } from "./context.ts";
import { judgeFailure } from "./failure-policy.ts";
import { countIndexes } from "./indexes.ts";
import { hasFailed, isIndexed } from "./pod-state.ts";
import { matchSuccessPolicy } from "./success-policy.ts";

function asBefore(type: JobEnd["type"], condition: Condition): JobEnd {
  return { type, reason: condition.reason ?? "", message: condition.message ?? "" };
}

function failure(reason: string, message: string): JobEnd {
  return { type: "FailureTarget", reason, message };
}

/** Why the Job has to end now, if it has to; in Kubernetes' order, so that the same reason wins. */
export function decideEnd(context: JobContext): JobEnd | undefined {
  const { job, pods, failed } = context;
  const met = findCondition(job, "SuccessCriteriaMet");
  if (met !== undefined) return asBefore("SuccessCriteriaMet", met);
  const target = findCondition(job, "FailureTarget");
  if (target !== undefined) return asBefore("FailureTarget", target);
  for (const pod of pods) {
    const message = hasFailed(pod, job) ? judgeFailure(job, pod).message : undefined;
    if (message !== undefined) return failure("PodFailurePolicy", message);
  }
  const { backoffLimitPerIndex, backoffLimit = backoffLimitPerIndex === undefined ? 6 : Infinity } =
    job.spec;
  if (failed > backoffLimit || restartedTooOften(context)) {
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if (deadlineLeft(context, context.status) === 0) {
    return failure("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  return isIndexed(job) ? decideByIndexes(context) : undefined;
}

function decideByIndexes({ job, failedIndexes, succeededIndexes }: JobContext): JobEnd | undefined {
  const { backoffLimitPerIndex, maxFailedIndexes, completions = 0 } = job.spec;
  if (backoffLimitPerIndex !== undefined) {
    const failures = countIndexes(failedIndexes);
    if (maxFailedIndexes !== undefined && failures > maxFailedIndexes) {
      const message = "Job has exceeded the specified maximal number of failed indexes";
      return failure("MaxFailedIndexesExceeded", message);
    }
    if (failures > 0 && failures + countIndexes(succeededIndexes) >= completions) {
      return failure("FailedIndexes", "Job has failed indexes");
    }
  }
  const rule = matchSuccessPolicy(job, succeededIndexes);
  if (rule === undefined) return undefined;
  const message = `Matched rules at index ${rule}`;
  return { type: "SuccessCriteriaMet", reason: "SuccessPolicy", message };
}

/** Milliseconds until activeDeadlineSeconds is over; undefined when there is none that runs. */
export function deadlineLeft({ job, now }: JobContext, status: JobStatus): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec;
  const { startTime, conditions = [] } = status;
  if (activeDeadlineSeconds === undefined || startTime === undefined) return undefined;
  // Just resumed: the start time is still the one from before the suspension.
  const resuming = conditions.some((each) => each.type === "Suspended" && each.status === "True");
  if (suspend === true || resuming) return undefined;
  return Math.max(0, Date.parse(startTime) + activeDeadlineSeconds * 1_000 - now);
}

/** Containers that are restarted in place count with their restarts, as their pods do not fail. */
function restartedTooOften({ job, pods }: JobContext): boolean {
  const { backoffLimit = 6, template } = job.spec;
  if (template.spec.restartPolicy !== "OnFailure") return false;
  const running = pods.filter(
    ({ status }) => status?.phase === "Running" || status?.phase === "Pending",
  );
  const restarts = running.reduce((sum, pod) => sum + restartsOf(pod), 0);
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

function restartsOf({ status }: Pod): number {
  const { initContainerStatuses = [], containerStatuses = [] } = status ?? {};
  return [...initContainerStatuses, ...containerStatuses].reduce(
    (sum, { restartCount }) => sum + restartCount,
    0,
  );
}
