import type { Job } from "../../objects/job.ts";
import type { Pod } from "../../objects/pod.ts";
import { indexOf, isIndexed, isReady, podCondition } from "./pod-state.ts";

/**
 * Active pods to delete: of an indexed Job those of no index and all but one of each index, then as many more
 * as `atLeast` asks for, those first that would be missed least.
 */
export function chooseRemovals(job: Job, active: readonly Pod[], atLeast: number): Pod[] {
  const ranked = [...active].sort(missedLess);
  const removed = isIndexed(job) ? surplus(job, ranked) : [];
  const rest = ranked.filter((pod) => !removed.includes(pod));
  return [...removed, ...rest.slice(0, Math.max(0, atLeast - removed.length))];
}

function surplus(job: Job, ranked: readonly Pod[]): Pod[] {
  const kept = new Set<number>();
  // From the end: of equals the one that would be missed most stays.
  return ranked.toReversed().filter((pod) => {
    const index = indexOf(pod, job);
    if (index === undefined || kept.has(index)) return true;
    kept.add(index);
    return false;
  });
}

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** Unbound before bound, pending before running, unready before ready, young before old. */
function missedLess(a: Pod, b: Pod): number {
  return (
    Number((a.spec.nodeName ?? "") !== "") - Number((b.spec.nodeName ?? "") !== "") ||
    (PHASES[a.status?.phase ?? "Pending"] ?? 0) - (PHASES[b.status?.phase ?? "Pending"] ?? 0) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    readySince(b) - readySince(a) ||
    Date.parse(b.metadata.creationTimestamp ?? "") -
      Date.parse(a.metadata.creationTimestamp ?? "") ||
    0
  );
}

function readySince(pod: Pod): number {
  const ready = podCondition(pod, "Ready");
  return ready?.status === "True" && ready.lastTransitionTime
    ? Date.parse(ready.lastTransitionTime)
    : 0;
}
