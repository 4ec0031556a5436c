import type { Job, JobStatus } from "../../objects/job.ts";
import { timeText } from "../../objects/meta.ts";
import type { Pod } from "../../objects/pod.ts";
import { conclude, withCounts } from "./conclude.ts";
import { finishedCondition, type JobEnd } from "./conditions.ts";
import { contextOf, type JobContext } from "./context.ts";
import { countPods } from "./count-pods.ts";
import { deadlineLeft, decideEnd } from "./decide-end.ts";
import { managePods, NO_PODS, REMOVE_MAX } from "./manage-pods.ts";
import type { PlannedEvent } from "../planned-event.ts";
import { isReady } from "./pod-state.ts";
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
}

/**
 * What the Job controller does for a Job with these pods, which it controls, at this wall time (milliseconds).
 * Pure; the same input gives the same plan, but for the names of new pods, which come when they are stored.
 */
export function reconcileJob(job: Job, pods: readonly Pod[], now: number): JobPlan {
  const before = job.status ?? {};
  const rest = { create: [], release: [], remove: [], forget: false, events: [] };
  if (finishedCondition(job) !== undefined) return { ...rest, status: before, againMs: undefined };
  const context = contextOf(job, pods, now);
  const end = decideEnd(context);
  return end === undefined ? goOn(context) : bringToEnd(context, end);
}

function started({ job, status, now }: JobContext): JobStatus {
  if (status.startTime !== undefined || job.spec.suspend === true) return status;
  return { ...status, startTime: timeText(now) };
}

/** The Job has met its end: its pods go, and when the last is gone it says so. */
function bringToEnd(context: JobContext, end: JobEnd): JobPlan {
  const { active, terminating } = context;
  const counted = countPods(context, end);
  const going = active.length + terminating.length;
  const counts = { active: 0, ready: 0, terminating: going };
  const status = withCounts(started(context), counted, counts);
  const last = going + counted.left === 0;
  return {
    ...conclude(context, status, end, last),
    create: [],
    release: counted.release,
    remove: active.slice(0, REMOVE_MAX),
    forget: false,
    againMs: counted.left > 0 || active.length > REMOVE_MAX ? 0 : undefined,
  };
}

function goOn(context: JobContext): JobPlan {
  const { job, active, terminating, ready } = context;
  const plan = job.metadata.deletionTimestamp === undefined ? managePods(context) : NO_PODS;
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

function isComplete({ job, succeeded }: JobContext): boolean {
  const { completions } = job.spec;
  return completions === undefined ? succeeded > 0 : succeeded >= completions;
}

function soonest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
