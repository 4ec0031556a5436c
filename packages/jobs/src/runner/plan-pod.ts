import type { Container, Pod } from "../objects/pod.ts";

/** The end of a container's run. Times are wall times in milliseconds. */
export interface RunEnd {
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** What is known of a container: its newest run, and the one before it. */
export interface ContainerView {
  readonly container: Container;
  /** What runs it, as in its id. Default: process. */
  readonly runtime?: string;
  readonly init: boolean;
  /** Runs that were begun, with the one that goes on. */
  readonly runs: number;
  readonly running: { readonly startedAt: number } | undefined;
  readonly end: RunEnd | undefined;
  readonly previousEnd: RunEnd | undefined;
  /** Why it could not be started yet. */
  readonly problem: { readonly reason: string; readonly message: string } | undefined;
  /** Its readiness probe has said so; without a probe, as soon as it runs. */
  readonly ready: boolean;
}

export interface PodPlan {
  /** Containers to start now, by name. */
  readonly start: readonly string[];
  /** Containers to end: asked (`term`), or killed. */
  readonly end: readonly { readonly name: string; readonly how: "term" | "kill" }[];
  /** Containers that wait for their next run. */
  readonly waiting: ReadonlySet<string>;
  /** No container runs, and none will again. */
  readonly finished: boolean;
  /** Wall time in milliseconds at which to look again. */
  readonly againAt: number | undefined;
}

export interface PlanOptions {
  /** Milliseconds of the first pause between restarts; it doubles. Default 10,000. */
  readonly restartMs?: number;
  /** The pod has exceeded its own deadline, or counts as failed for another reason: it is to end. */
  readonly stopping: boolean;
}

/** What is to be done with a pod's containers at this wall time (milliseconds). Pure. */
export function planPod(
  pod: Pod,
  views: readonly ContainerView[],
  now: number,
  options: PlanOptions,
): PodPlan {
  const { deletionTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined || options.stopping) {
    const killAt = deletionTimestamp === undefined ? now : Date.parse(deletionTimestamp);
    return planEnd(views, now, killAt);
  }
  const plan = { start: [] as string[], waiting: new Set<string>(), againAt: Infinity };
  const consider = (view: ContainerView): void => {
    if (view.running !== undefined || !willRun(pod, view)) return;
    const due = nextRunAt(view, options);
    if (due <= now) return void plan.start.push(view.container.name);
    plan.waiting.add(view.container.name);
    plan.againAt = Math.min(plan.againAt, due);
  };
  const blocking = views.find((view) => view.init && !isPassed(view));
  for (const view of views.filter(isSidecar)) {
    if (blocking === undefined || views.indexOf(view) <= views.indexOf(blocking)) consider(view);
  }
  if (blocking !== undefined && !isSidecar(blocking)) consider(blocking);
  const main = views.filter(({ init }) => !init);
  if (blocking === undefined) main.forEach(consider);
  const failedInit =
    blocking !== undefined &&
    !isSidecar(blocking) &&
    blocking.running === undefined &&
    !willRun(pod, blocking);
  const done =
    failedInit || main.every((view) => view.running === undefined && !willRun(pod, view));
  if (done) return planEnd(views, now, now + GRACE_OF_SIDECARS_MS);
  return {
    start: plan.start,
    end: [],
    waiting: plan.waiting,
    finished: false,
    againAt: plan.againAt === Infinity ? undefined : plan.againAt,
  };
}

const GRACE_OF_SIDECARS_MS = 30_000;

function planEnd(views: readonly ContainerView[], now: number, killAt: number): PodPlan {
  const running = views.filter((view) => view.running !== undefined);
  const how = now >= killAt ? "kill" : "term";
  return {
    start: [],
    end: running.map(({ container }) => ({ name: container.name, how })),
    waiting: new Set(),
    finished: running.length === 0,
    againAt: running.length > 0 && how === "term" ? killAt : undefined,
  };
}

function isSidecar({ init, container }: ContainerView): boolean {
  return init && container.restartPolicy === "Always";
}

/** Whether an init container lets the next one begin. */
function isPassed(view: ContainerView): boolean {
  if (isSidecar(view)) return view.running !== undefined;
  return view.running === undefined && view.end?.exitCode === 0;
}

/** Whether the container is going to run, again or for the first time. */
export function willRun(pod: Pod, { container, init, end }: ContainerView): boolean {
  if (end === undefined) return true;
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? "Always";
  if (init && container.restartPolicy !== "Always") return end.exitCode !== 0 && policy !== "Never";
  return policy === "Always" || (policy === "OnFailure" && end.exitCode !== 0);
}

/** A run of this length ends a row of crashes. */
const GOOD_RUN_MS = 600_000;

function nextRunAt({ runs, end }: ContainerView, { restartMs }: PlanOptions): number {
  if (end === undefined) return 0;
  const good = end.finishedAt - end.startedAt >= GOOD_RUN_MS;
  return end.finishedAt + restartDelay(good ? 0 : runs - 1, restartMs);
}

const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 300_000;

/** Milliseconds before a container's next run, after so many restarts: the first restart comes at once. */
function restartDelay(restarts: number, firstMs: number = FIRST_PAUSE_MS): number {
  return restarts === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, firstMs * 2 ** Math.min(restarts - 1, 30));
}
