import { type Condition, type Time, timeText } from "../objects/meta.ts";
import type { ContainerState, ContainerStatus, Pod, PodPhase, PodStatus } from "../objects/pod.ts";
import { type ContainerView, type PodPlan, type RunEnd, willRun } from "./plan-pod.ts";

/** The pod's own reason to be failed, whatever its containers say. */
export interface PodFailure {
  readonly reason: string;
  readonly message: string;
}

export interface StatusInput {
  readonly pod: Pod;
  readonly views: readonly ContainerView[];
  readonly plan: PodPlan;
  /** Wall time in milliseconds. */
  readonly now: number;
  readonly hostIP: string;
  readonly failure: PodFailure | undefined;
}

/** The pod's status as its containers make it. Conditions of others stay. Pure. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, views, now, hostIP, failure } = input;
  const before = pod.status ?? {};
  const phase = phaseOf(input);
  const inits = views.filter(({ init }) => init);
  const mains = views.filter(({ init }) => !init);
  const statuses = (some: readonly ContainerView[]): ContainerStatus[] =>
    some.map((view) => containerStatus(view, input));
  return {
    ...before,
    phase,
    ...(failure === undefined ? {} : failure),
    startTime: before.startTime ?? timeText(now),
    hostIP,
    podIP: hostIP,
    podIPs: [{ ip: hostIP }],
    qosClass: before.qosClass ?? "BestEffort",
    conditions: conditionsOf(input, phase),
    ...(inits.length === 0 ? {} : { initContainerStatuses: statuses(inits) }),
    containerStatuses: statuses(mains),
  };
}

function phaseOf({ pod, views, plan, failure }: StatusInput): PodPhase {
  const mains = views.filter(({ init }) => !init);
  if (plan.finished) {
    const failed = failure !== undefined || views.some((view) => !isSuccess(view));
    return failed ? "Failed" : "Succeeded";
  }
  const begun = mains.some(({ runs }) => runs > 0);
  return begun || pod.status?.phase === "Running" ? "Running" : "Pending";
}

/** A sidecar is ended by others: its exit status says nothing. */
function isSuccess({ init, container, end }: ContainerView): boolean {
  return (init && container.restartPolicy === "Always") || end?.exitCode === 0;
}

function containerStatus(view: ContainerView, { pod, plan }: StatusInput): ContainerStatus {
  const { container, runs, running, end, previousEnd } = view;
  const before =
    running === undefined && !restarts(view, pod, plan) ? previousEnd : (end ?? previousEnd);
  return {
    name: container.name,
    state: stateOf(view, pod, plan),
    ...(before === undefined ? {} : { lastState: { terminated: terminated(before) } }),
    ready: view.ready && running !== undefined,
    started: running !== undefined,
    restartCount: Math.max(0, runs - 1),
    image: container.image ?? "",
    imageID: "",
    ...(runs === 0
      ? {}
      : {
          containerID: `${view.runtime ?? "process"}://${pod.metadata.uid}/${container.name}/${runs - 1}`,
        }),
  };
}

function restarts(view: ContainerView, pod: Pod, plan: PodPlan): boolean {
  return !plan.finished && view.end !== undefined && willRun(pod, view);
}

function stateOf(view: ContainerView, pod: Pod, plan: PodPlan): ContainerState {
  const { running, end, init, problem } = view;
  if (running !== undefined) return { running: { startedAt: time(running.startedAt) } };
  if (problem !== undefined && !plan.finished) return { waiting: problem };
  if (end !== undefined && restarts(view, pod, plan)) {
    const message = `back-off restarting failed container ${view.container.name}`;
    return { waiting: { reason: "CrashLoopBackOff", message } };
  }
  if (end !== undefined) return { terminated: terminated(end) };
  return { waiting: { reason: init ? "PodInitializing" : "ContainerCreating" } };
}

function terminated(end: RunEnd): NonNullable<ContainerState["terminated"]> {
  const { exitCode, reason, message } = end;
  return {
    exitCode,
    reason,
    ...(message === undefined ? {} : { message }),
    startedAt: time(end.startedAt),
    finishedAt: time(end.finishedAt),
  };
}

function time(milliseconds: number): Time {
  return timeText(milliseconds);
}

function conditionsOf({ pod, views, now }: StatusInput, phase: PodPhase): Condition[] {
  const ended = phase === "Succeeded" || phase === "Failed";
  const initialized = views.every(
    ({ init, end, running }) => !init || end?.exitCode === 0 || running !== undefined,
  );
  const ready =
    !ended && views.every(({ init, ready: is, running }) => init || (is && running !== undefined));
  const why = ended
    ? { reason: phase === "Succeeded" ? "PodCompleted" : "PodFailed" }
    : { reason: "ContainersNotReady" };
  const wanted: Condition[] = [
    { type: "Initialized", status: initialized ? "True" : "False" },
    { type: "Ready", status: ready ? "True" : "False", ...(ready ? {} : why) },
    { type: "ContainersReady", status: ready ? "True" : "False", ...(ready ? {} : why) },
    { type: "PodScheduled", status: "True" },
  ];
  const before = pod.status?.conditions ?? [];
  const own = wanted.map((condition) => {
    const known = before.find(({ type }) => type === condition.type);
    const same = known?.status === condition.status;
    const since = same ? known.lastTransitionTime : undefined;
    return { ...condition, lastProbeTime: null, lastTransitionTime: since ?? timeText(now) };
  });
  return [...own, ...before.filter(({ type }) => !wanted.some((each) => each.type === type))];
}
