import type { Job, JobStatus } from "../../objects/job.ts";
import { timeText } from "../../objects/meta.ts";
import type { Pod } from "../../objects/pod.ts";
import { addFailures, type Failures, failuresOf } from "./backoff.ts";
import { conclude, withCounts } from "./conclude.ts";
import { finishedCondition, type JobEnd } from "./conditions.ts";
import { contextOf, type JobContext } from "./context.ts";
import { countPods } from "./count-pods.ts";
import { deadlineLeft, decideEnd } from "./decide-end.ts";
import { managePods, NO_PODS } from "./manage-pods.ts";
import type { PlannedEvent } from "../planned-event.ts";
import { isReady, isTracked } from "./pod-state.ts";
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from "../../storage/decide-delete.ts";
import { suspension } from "./suspension.ts";

const COMPLETIONS_REACHED: JobEnd = {
  type: "SuccessCriteriaMet",
  reason: "CompletionsReached",
  message: "Reached expected number of succeeded pods",
};

export interface JobPlan {
  /** The Job's next status; equal to the present one when nothing changes. */
  readonly status: JobStatus;
  /** Pods to make and pods whose finalizer goes because their end is counted in `status`: one transaction with it. */
  readonly create: readonly Pod[];
  readonly release: readonly Pod[];
  /** Pods to delete afterwards. `forget`: their finalizer goes first, so that their end is not counted. */
  readonly remove: readonly Pod[];
  readonly forget: boolean;
  /** For when the transaction has been made. */
  readonly events: readonly PlannedEvent[];
  /** Milliseconds until the Job has to be looked at again, without anything having changed. */
  readonly againMs: number | undefined;
  /** For the next pass, once this plan is carried out: counted pods may be gone by then. */
  readonly failures: Failures | undefined;
}

type PlanOnce = Omit<JobPlan, "failures">;

/**
 * What the Job controller does for a Job with these pods, which it controls, at this wall time (milliseconds).
 * `failures` is what the pass before has given; a controller that has just started has none.
 * Pure; the same input gives the same plan, but for the names of new pods, which come when they are stored.
 */
export function reconcileJob(
  job: Job,
  pods: readonly Pod[],
  now: number,
  failures: Failures = failuresOf(pods.filter((pod) => !isTracked(pod))),
): JobPlan {
  if (finishedCondition(job) !== undefined) return nothingFor(job);
  const context = contextOf(job, pods, now, failures);
  const end = decideEnd(context);
  const plan = end === undefined ? goOn(context) : bringToEnd(context, end);
  const counted = (news: readonly Pod[]): Pod[] => news.filter((pod) => plan.release.includes(pod));
  const { newSucceeded, newFailed } = context;
  return { ...plan, failures: addFailures(failures, counted(newSucceeded), counted(newFailed)) };
}

function nothingFor({ status = {} }: Job): JobPlan {
  return {
    status,
    create: [],
    release: [],
    remove: [],
    forget: false,
    events: [],
    againMs: undefined,
    failures: undefined,
  };
}

function started({ job, status, now }: JobContext): JobStatus {
  if (status.startTime !== undefined || job.spec.suspend === true) return status;
  return { ...status, startTime: timeText(now) };
}

/**
 * Nobody may be finished without a start time, but who was not to start. It comes with another change, as in
 * Kubernetes: a Job that is resumed while its last pods go has none before they are gone.
 */
function withStart({ job, status: before, now }: JobContext, status: JobStatus): JobStatus {
  const { suspend, completions } = job.spec;
  if (suspend === true && completions === 0) return status;
  if (JSON.stringify(status) === JSON.stringify(before)) return status;
  return { ...status, startTime: status.startTime ?? timeText(now) };
}

/** The Job has met its end: its pods go, and when the last is gone it says so. */
function bringToEnd(context: JobContext, end: JobEnd): PlanOnce {
  const { active, terminating } = context;
  const counted = countPods(context, end);
  const pods = active.length + terminating.length;
  const counts = { active: 0, ready: 0, terminating: pods };
  const status = withCounts(context.status, counted, counts);
  // Pods that are made nobody's have not ended by that.
  const isOrphaning = context.job.metadata.finalizers?.includes(ORPHAN_FINALIZER) === true;
  const last = pods + counted.left === 0 && !isOrphaning;
  const ended = conclude(context, status, end, last);
  return {
    ...ended,
    status: withStart(context, ended.status),
    create: [],
    release: counted.release,
    // Who is counted has to be counted before it goes: afterwards nobody knows why it went.
    remove: isLeftToCollector(context.job)
      ? []
      : active.filter((pod) => !isTracked(pod) || counted.release.includes(pod)),
    forget: false,
    againMs: counted.left > 0 ? 0 : undefined,
  };
}

function goOn(context: JobContext): PlanOnce {
  const { job, active, terminating, ready } = context;
  const plan = going(job) ? NO_PODS : managePods(context);
  const { create, remove } = plan;
  const counts = {
    active: active.length + create.length - remove.length,
    ready: ready - remove.filter(isReady).length,
    terminating: terminating.length + remove.length,
  };
  if (counts.active === 0 && isComplete(context)) {
    return { ...bringToEnd(context, COMPLETIONS_REACHED), forget: true };
  }
  const counted = countPods(context, undefined);
  const { status, events } = suspension(context, started(context));
  return {
    status: withCounts(status, counted, counts),
    create,
    release: counted.release,
    remove,
    forget: true,
    events,
    againMs: soonest(plan.againMs, counted.left > 0 ? 0 : undefined, deadlineLeft(context, status)),
  };
}

function going({ metadata }: Job): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** The garbage collector deletes the pods of such a Job, or makes them nobody's. */
function isLeftToCollector({ metadata }: Job): boolean {
  const { finalizers = [] } = metadata;
  return finalizers.includes(FOREGROUND_FINALIZER) || finalizers.includes(ORPHAN_FINALIZER);
}

function isComplete({ job, succeeded }: JobContext): boolean {
  const { completions } = job.spec;
  return completions === undefined ? succeeded > 0 : succeeded >= completions;
}

function soonest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
