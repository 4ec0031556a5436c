import type { Container, ContainerStatus, Pod } from "../../objects/pod.ts";
import { AGE, type Cell, type Column, column, NAME, WIDE } from "./column.ts";
import { humanDuration } from "./duration.ts";

function terminatedReason(ended: { reason?: string; signal?: number; exitCode: number }): string {
  if ((ended.reason ?? "") !== "") return ended.reason ?? "";
  if ((ended.signal ?? 0) !== 0) return `Signal:${ended.signal}`;
  return `ExitCode:${ended.exitCode}`;
}

/** The init container that holds the pod up, as `Init:0/2` or `Init:Error`; nothing when all are through. */
function initStatus({ spec, status }: Pod): string | undefined {
  const containers: readonly Container[] = spec.initContainers ?? [];
  const restarts = new Map(containers.map(({ name, restartPolicy }) => [name, restartPolicy]));
  for (const [index, each] of (status?.initContainerStatuses ?? []).entries()) {
    const { terminated, waiting } = each.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (restarts.get(each.name) === "Always" && each.started === true) continue;
    if (terminated !== undefined) return `Init:${terminatedReason(terminated)}`;
    const reason = waiting?.reason ?? "";
    if (reason !== "" && reason !== "PodInitializing") return `Init:${reason}`;
    return `Init:${index}/${containers.length}`;
  }
  return undefined;
}

function containerStatus(reason: string, statuses: readonly ContainerStatus[]): string {
  let shown = reason;
  for (const { state = {} } of statuses.toReversed()) {
    const { waiting, terminated } = state;
    if ((waiting?.reason ?? "") !== "") shown = waiting?.reason ?? "";
    else if (terminated !== undefined) shown = terminatedReason(terminated);
  }
  return shown;
}

function podStatus(pod: Pod): string {
  const { status = {}, metadata } = pod;
  const reason = (status.reason ?? "") === "" ? (status.phase ?? "Pending") : (status.reason ?? "");
  const gated = status.conditions?.find(({ type }) => type === "PodScheduled")?.reason;
  const ended = status.phase === "Succeeded" || status.phase === "Failed";
  let shown = gated === "SchedulingGated" ? gated : reason;
  const init = initStatus(pod);
  const statuses = status.containerStatuses ?? [];
  if (init !== undefined) shown = init;
  else {
    shown = containerStatus(shown, statuses);
    const running = statuses.some(({ ready, state }) => ready && state?.running !== undefined);
    if (shown === "Completed" && running) shown = isReady(pod) ? "Running" : "NotReady";
  }
  if (metadata.deletionTimestamp === undefined) return shown;
  if (status.reason === "NodeLost") return "Unknown";
  return ended ? shown : "Terminating";
}

function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some((each) => each.type === "Ready" && each.status === "True");
}

function ready({ spec, status }: Pod): string {
  const statuses = status?.containerStatuses ?? [];
  const count = statuses.filter((each) => each.ready && each.state?.running !== undefined).length;
  return `${count}/${spec.containers.length}`;
}

function restarts({ status }: Pod, now: number): Cell {
  const statuses = status?.containerStatuses ?? [];
  const count = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const last = statuses
    .map(({ lastState }) => lastState?.terminated?.finishedAt ?? "")
    .toSorted()
    .at(-1);
  if (count === 0 || last === undefined || last === "") return String(count);
  return `${count} (${humanDuration(now - Date.parse(last))} ago)`;
}

const orNone = (text: string | undefined): string =>
  text === undefined || text === "" ? "<none>" : text;

export const POD_COLUMNS: readonly Column[] = [
  NAME,
  column<Pod>("Ready", "Containers that are ready, of all", ready),
  column<Pod>("Status", "Phase, or what holds it up", podStatus),
  column<Pod>("Restarts", "How often its containers were started again", restarts),
  AGE,
  column<Pod>("IP", "Address", ({ status }) => orNone(status?.podIP), WIDE),
  column<Pod>("Node", "Where it runs", ({ spec }) => orNone(spec.nodeName), WIDE),
  column<Pod>(
    "Nominated Node",
    "Where it will run",
    ({ status }) => orNone(status?.nominatedNodeName),
    WIDE,
  ),
  column<Pod>("Readiness Gates", "Further conditions", () => "<none>", WIDE),
];
