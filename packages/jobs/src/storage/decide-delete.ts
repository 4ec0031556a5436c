import { type KubeObject, timeText } from "../objects/meta.ts";
import type { Namespace } from "../objects/core.ts";
import type { Pod } from "../objects/pod.ts";
import type { Resource } from "../objects/resource.ts";

export type PropagationPolicy = "Background" | "Foreground" | "Orphan";

export interface DeleteOptions {
  /** What becomes of dependents. Default: the resource's own: Jobs are orphaned, as in Kubernetes. */
  propagationPolicy?: PropagationPolicy;
  /** Seconds that a pod's processes get. Default: what its spec says. Only pods wait. */
  gracePeriodSeconds?: number;
  /** Only this very object; else `Conflict`. */
  uid?: string;
  resourceVersion?: string;
}

/** Finalizers by which the garbage collector is told what to do. */
export const ORPHAN_FINALIZER = "orphan";
export const FOREGROUND_FINALIZER = "foregroundDeletion";

/** Default of `terminationGracePeriodSeconds`. */
const GRACE_SECONDS = 30;

function gracePeriod(resource: Resource, object: KubeObject, asked: number | undefined): number {
  if (resource.plural !== "pods") return 0;
  const { spec, status } = object as Pod;
  const idle = (spec.nodeName ?? "") === "";
  const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (idle || ended) return 0;
  return asked ?? spec.terminationGracePeriodSeconds ?? GRACE_SECONDS;
}

function finalizersAfter(
  resource: Resource,
  current: readonly string[],
  asked: PropagationPolicy | undefined,
): string[] {
  const kept = current.filter((name) => name !== ORPHAN_FINALIZER && name !== FOREGROUND_FINALIZER);
  const policy = asked ?? (resource.plural === "jobs" ? "Orphan" : undefined);
  // A policy that was asked for before stays when nothing new is asked.
  if (asked === undefined && kept.length < current.length) return [...current];
  if (policy === "Orphan") return [...kept, ORPHAN_FINALIZER];
  if (policy === "Foreground") return [...kept, FOREGROUND_FINALIZER];
  return kept;
}

/**
 * What deleting makes of an object: `undefined` when it goes at once; else the object as it waits for its finalizers
 * or for its processes to end. The same object when there is nothing to change.
 */
export function decideDelete<T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  options: DeleteOptions,
  wallTimeMs: number,
): T | undefined {
  const { metadata } = object;
  const finalizers = finalizersAfter(
    resource,
    metadata.finalizers ?? [],
    options.propagationPolicy,
  );
  const grace = gracePeriod(resource, object, options.gracePeriodSeconds);
  const going = metadata.deletionTimestamp !== undefined;
  const remaining = going ? (metadata.deletionGracePeriodSeconds ?? 0) : Infinity;
  const free = finalizers.length === 0 && contentFinalizers(object).length === 0;
  if (free && Math.min(grace, remaining) <= 0) return undefined;
  const next = structuredClone(object);
  if (object.kind === "Namespace") (next as Namespace).status = { phase: "Terminating" };
  if (finalizers.length > 0) next.metadata.finalizers = finalizers;
  else delete next.metadata.finalizers;
  if (grace < remaining) {
    const began = going
      ? Date.parse(metadata.deletionTimestamp ?? "") - remaining * 1_000
      : wallTimeMs;
    next.metadata.deletionTimestamp = timeText(began + grace * 1_000);
    next.metadata.deletionGracePeriodSeconds = grace;
    if (metadata.generation !== undefined) next.metadata.generation = metadata.generation + 1;
  }
  return next;
}

/** A namespace has finalizers in its spec, too: it stays until what is in it is gone. */
function contentFinalizers(object: KubeObject): readonly string[] {
  return object.kind === "Namespace" ? ((object as Namespace).spec?.finalizers ?? []) : [];
}

/** True when an object that is being deleted has nothing left to wait for. */
export function isGone(object: KubeObject): boolean {
  const { metadata } = object;
  return (
    contentFinalizers(object).length === 0 &&
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0
  );
}
