import type { KubeObject, Reply } from "../api-client.ts";
import type { Mirror } from "./mirror.ts";
import { podText } from "./picture.ts";
import type { Pair } from "./pair.ts";

/** So far back that no pause after failures is left of it. */
const LONG_AGO_MS = 3_600_000;

interface PodStatus {
  readonly phase?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  readonly containerStatuses?: readonly { readonly name: string; readonly restartCount: number }[];
}

export interface End {
  readonly exitCode: number;
  /** It ends for a reason outside of it. */
  readonly disrupted?: boolean;
  /** At its true time, so that the pause after a failure is waited for. */
  readonly now?: boolean;
}

function statusOf(pod: KubeObject): PodStatus {
  return (pod.status ?? {}) as PodStatus;
}

function containersOf(pod: KubeObject): { name: string; image: string }[] {
  return (pod.spec?.["containers"] ?? []) as { name: string; image: string }[];
}

function restartsOf(pod: KubeObject): number {
  return statusOf(pod).containerStatuses?.[0]?.restartCount ?? 0;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

export function isActive(pod: KubeObject): boolean {
  return !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isTerminating(pod: KubeObject): boolean {
  return !hasEnded(pod) && pod.metadata.deletionTimestamp !== undefined;
}

export function hasEnded(pod: KubeObject): boolean {
  return ["Succeeded", "Failed"].includes(statusOf(pod).phase ?? "");
}

function conditions(pod: KubeObject, ready: boolean, more: readonly object[] = []): object[] {
  const lastTransitionTime = timeText(Date.now() - LONG_AGO_MS);
  const status = ready ? "True" : "False";
  const own = ["Ready", "ContainersReady"].map((type) => ({ type, status, lastTransitionTime }));
  const set = new Set(["Ready", "ContainersReady", "DisruptionTarget"]);
  const kept = (statusOf(pod).conditions ?? []).filter(({ type }) => !set.has(type));
  return [...kept, ...own, ...more];
}

function putStatus(mirror: Mirror, pod: KubeObject, path: string, status: object): Promise<Reply> {
  const startTime = timeText(Date.parse(pod.metadata.creationTimestamp));
  return mirror.client.patch(`${path}/status`, { status: { startTime, ...status } });
}

/** Its containers run, after so many restarts. */
export function run(ready: boolean, restarts = 0) {
  return (mirror: Mirror, pod: KubeObject, path: string): Promise<Reply> => {
    const startedAt = timeText(Date.now());
    return putStatus(mirror, pod, path, {
      phase: "Running",
      conditions: conditions(pod, ready),
      containerStatuses: containersOf(pod).map(({ name, image }) => ({
        name,
        image,
        imageID: "",
        ready,
        started: true,
        restartCount: restarts,
        state: { running: { startedAt } },
      })),
    });
  };
}

/** Its containers end with an exit code, and the pod with them. */
export function end({ exitCode, disrupted = false, now = false }: End) {
  return (mirror: Mirror, pod: KubeObject, path: string): Promise<Reply> => {
    const finishedAt = timeText(Date.now() - (now ? 0 : LONG_AGO_MS));
    const disruption = {
      type: "DisruptionTarget",
      status: "True",
      reason: "Test",
      lastTransitionTime: finishedAt,
    };
    const reason = exitCode === 0 ? "Completed" : "Error";
    return putStatus(mirror, pod, path, {
      phase: exitCode === 0 ? "Succeeded" : "Failed",
      conditions: conditions(pod, false, disrupted ? [disruption] : []),
      containerStatuses: containersOf(pod).map(({ name, image }) => ({
        name,
        image,
        imageID: "",
        ready: false,
        started: false,
        restartCount: restartsOf(pod),
        state: { terminated: { exitCode, reason, startedAt: finishedAt, finishedAt } },
      })),
    });
  };
}

function remove(mirror: Mirror, _pod: KubeObject, path: string): Promise<Reply> {
  return mirror.client.call("DELETE", path, { gracePeriodSeconds: 0 });
}

const everyPod = (): boolean => true;

/** Ends pods that are being deleted, as a kubelet does: their last status, then they are gone. */
export async function finishTerminating(pair: Pair, exitCode: number): Promise<void> {
  for (;;) {
    const count = Math.max(
      ...[pair.real, pair.ours].map(
        (m) => m.of("pods", pair.namespace).filter(isTerminating).length,
      ),
    );
    if (count === 0) break;
    await pair.onPod(
      `a deleted pod ends with ${exitCode}`,
      0,
      isTerminating,
      podText,
      end({ exitCode }),
    );
    await pair.settle();
  }
  await removeEnded(pair);
}

/** Ended pods that are being deleted vanish for good, unless a finalizer holds them. */
export async function removeEnded(pair: Pair): Promise<void> {
  const isLeft = (pod: KubeObject): boolean =>
    hasEnded(pod) &&
    pod.metadata.deletionTimestamp !== undefined &&
    pod.metadata.deletionGracePeriodSeconds !== 0;
  for (;;) {
    const count = pair.real.of("pods", pair.namespace).filter(isLeft).length;
    if (count === 0) return;
    await pair.onPod("an ended pod is removed", 0, isLeft, podText, remove);
    await pair.settle();
  }
}

export { everyPod };
