import type { Pod } from "../../objects/pod.ts";
import { backoffLeft } from "./backoff.ts";
import { chooseRemovals } from "./choose-removals.ts";
import type { JobContext } from "./context.ts";
import { definedIndexes, failuresBefore } from "./index-failures.ts";
import { indexesOf, joinIndexes, missingIndexes } from "./indexes.ts";
import { newIndexedPod, newPod } from "./new-pod.ts";
import { endedAt, isIndexed, replacesOnlyEnded } from "./pod-state.ts";

/** Pods made in one pass; they and the Job's status are one transaction. The next pass makes more. */
const CREATE_MAX = 40;
/** Pods deleted in one pass. */
const REMOVE_MAX = 500;

export interface PodPlan {
  readonly create: readonly Pod[];
  readonly remove: readonly Pod[];
  /** Milliseconds until there is more to do; 0 is at once. */
  readonly againMs: number | undefined;
}

export const NO_PODS: PodPlan = { create: [], remove: [], againMs: undefined };

/** Which pods to make or to delete so that a Job that goes on has as many active ones as it should. */
export function managePods(context: JobContext): PodPlan {
  const { job, active } = context;
  if (job.spec.suspend === true) {
    return remove(chooseRemovals(job, active, active.length));
  }
  const wanted = wantedActive(context);
  const surplus = chooseRemovals(job, active, Math.max(0, active.length - wanted));
  // Either deletes or creates in one pass: what is to be made depends on what is left.
  if (surplus.length > 0) return remove(surplus);
  const waited = replacesOnlyEnded(job) ? context.terminating.length : 0;
  const missing = wanted - waited - active.length;
  if (missing <= 0) return NO_PODS;
  return isIndexed(job) ? createIndexed(context, missing) : createPlain(context, missing);
}

function remove(pods: readonly Pod[]): PodPlan {
  const againMs = pods.length > REMOVE_MAX ? 0 : undefined;
  return { create: [], remove: pods.slice(0, REMOVE_MAX), againMs };
}

function wantedActive({ job, active, succeeded }: JobContext): number {
  const { parallelism = 1, completions } = job.spec;
  if (completions !== undefined) return Math.max(0, Math.min(parallelism, completions - succeeded));
  // A work queue: after the first success nobody new comes, and those that run go on.
  return succeeded > 0 ? active.length : parallelism;
}

function backoff({ failures, now }: JobContext): number {
  return backoffLeft(failures.count, failures.last, now);
}

function createPlain(context: JobContext, missing: number): PodPlan {
  const left = backoff(context);
  if (left > 0) return { ...NO_PODS, againMs: left };
  const create = Array.from({ length: Math.min(missing, CREATE_MAX) }, () => newPod(context.job));
  return { create, remove: [], againMs: missing > CREATE_MAX ? 0 : undefined };
}

function createIndexed(context: JobContext, missing: number): PodPlan {
  const { job, replaced, now } = context;
  const perIndex = job.spec.backoffLimitPerIndex !== undefined;
  const left = perIndex ? 0 : backoff(context);
  if (left > 0) return { ...NO_PODS, againMs: left };
  const ready: number[] = [];
  const waits: number[] = [];
  for (const index of pendingIndexes(context, missing)) {
    const before = replaced.get(index);
    const wait = before ? backoffLeft(failuresBefore(before) + 1, endedAt(before), now) : 0;
    if (wait > 0) waits.push(wait);
    else ready.push(index);
  }
  const create = ready
    .slice(0, CREATE_MAX)
    .map((index) => newIndexedPod(job, index, replaced.get(index)));
  const againMs = ready.length > CREATE_MAX ? 0 : waits.length > 0 ? Math.min(...waits) : undefined;
  return { create, remove: [], againMs };
}

function pendingIndexes(context: JobContext, count: number): number[] {
  const { job, active, terminating, succeededIndexes, failedIndexes } = context;
  const busy = replacesOnlyEnded(job) ? [...active, ...terminating] : active;
  const taken = joinIndexes(
    joinIndexes(succeededIndexes, failedIndexes),
    indexesOf(definedIndexes(busy, job)),
  );
  return missingIndexes(taken, count, job.spec.completions ?? 0);
}
