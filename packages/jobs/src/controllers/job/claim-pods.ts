import { type Job } from "../../objects/job.ts";
import { controllerOf, controllerReference } from "../../objects/meta.ts";
import type { Pod } from "../../objects/pod.ts";
import { labelSelector } from "../../objects/select-labels.ts";
import { TRACKING_FINALIZER } from "./pod-state.ts";

export interface ClaimedPods {
  /** Controlled by the Job, and of its selector. */
  readonly owned: readonly Pod[];
  /** Of its selector, and nobody's: to be adopted. */
  readonly orphans: readonly Pod[];
  /** Controlled by it, and of its selector no more: to be released. */
  readonly strangers: readonly Pod[];
}

/** Sorts pods of the Job's namespace by whose they are. */
export function claimPods(job: Job, pods: readonly Pod[]): ClaimedPods {
  const matches = labelSelector(job.spec.selector ?? "");
  const going = job.metadata.deletionTimestamp !== undefined;
  const owned: Pod[] = [];
  const orphans: Pod[] = [];
  const strangers: Pod[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const chosen = job.spec.selector !== undefined && matches(pod.metadata.labels);
    if (owner?.uid === job.metadata.uid) {
      if (chosen) owned.push(pod);
      else if (!going) strangers.push(pod);
    } else if (owner === undefined && chosen && !going) {
      if (pod.metadata.deletionTimestamp === undefined) orphans.push(pod);
    }
  }
  return { owned, orphans, strangers };
}

/** The pod as the Job's; undefined when it has got another controller meanwhile. */
export function adopted(job: Job, pod: Pod): Pod | undefined {
  if (controllerOf(pod) !== undefined || pod.metadata.deletionTimestamp !== undefined)
    return undefined;
  const { ownerReferences = [], finalizers = [] } = pod.metadata;
  const metadata = {
    ...pod.metadata,
    ownerReferences: [...ownerReferences, controllerReference(job)],
    finalizers: [...finalizers.filter((name) => name !== TRACKING_FINALIZER), TRACKING_FINALIZER],
  };
  return { ...pod, metadata };
}

/** The pod as nobody's; undefined when it is not the Job's any more. */
export function released(job: Job, pod: Pod): Pod | undefined {
  if (controllerOf(pod)?.uid !== job.metadata.uid) return undefined;
  const owners = pod.metadata.ownerReferences?.filter(({ uid }) => uid !== job.metadata.uid) ?? [];
  const next = withoutFinalizer(pod);
  if (owners.length > 0) next.metadata.ownerReferences = owners;
  else delete next.metadata.ownerReferences;
  return next;
}

export function withoutFinalizer(pod: Pod): Pod {
  const metadata = { ...pod.metadata };
  const finalizers = metadata.finalizers?.filter((name) => name !== TRACKING_FINALIZER) ?? [];
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  return { ...pod, metadata };
}
