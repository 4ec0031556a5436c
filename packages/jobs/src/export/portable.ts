import type { CronJob, Job } from "../objects/job.ts";
import type { KubeObject, ObjectMeta } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";

/** An object as another cluster takes it, and what it would do otherwise there. */
export interface Portable {
  readonly object: KubeObject;
  readonly remarks: readonly string[];
}

type Template = Job["spec"]["template"];

/** Made by controllers, of uids that are others elsewhere. */
const OWN_LABELS = [
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-name",
  "controller-uid",
  "job-name",
];
/** What the CronJob controller here keeps for itself, and what clients remember of an earlier server. */
const OWN_ANNOTATIONS = [
  "jobs.nodetcd.io/decided-until",
  "jobs.nodetcd.io/failures",
  "kubectl.kubernetes.io/last-applied-configuration",
];
const OPTION = "jobs.nodetcd.io/";
/** Runtimes of workers here. */
const OWN_RUNTIMES = ["process", "docker", "podman"];

/**
 * What of an object is the user's own: without what a server fills in, and without what has a meaning here only.
 * Undefined for Jobs that have ended, or that a CronJob has made. Pure.
 */
export function portable(object: KubeObject): Portable | undefined {
  const remarks: string[] = [];
  const { status: _, ...rest } = structuredClone(object) as KubeObject & { status?: unknown };
  const copy = { ...rest, metadata: ownMetadata(object.metadata, remarks) };
  if (object.kind === "CronJob") {
    const { jobTemplate } = (copy as CronJob).spec;
    if (jobTemplate.metadata !== undefined) {
      jobTemplate.metadata = labelled(jobTemplate.metadata, remarks);
    }
    cleanJob(jobTemplate.spec, remarks);
  }
  if (object.kind === "Job") {
    if (isOver(object as Job) || (object.metadata.ownerReferences ?? []).length > 0)
      return undefined;
    remarks.push("it has not ended: there it begins anew");
    cleanJob((copy as Job).spec, remarks);
  }
  return { object: copy, remarks };
}

function isOver({ status, metadata }: Job): boolean {
  const { conditions = [] } = status ?? {};
  const ended = conditions.some(
    ({ type, status: is }) => /^(Complete|Failed)$/.test(type) && is === "True",
  );
  return ended || metadata.deletionTimestamp !== undefined;
}

function ownMetadata({ name, namespace, ...rest }: ObjectMeta, remarks: string[]): ObjectMeta {
  const { labels, annotations } = labelled(rest, remarks);
  return {
    name,
    ...(namespace === undefined || namespace === "" ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

type Labelled = Pick<ObjectMeta, "labels" | "annotations">;

function labelled({ labels, annotations }: Labelled, remarks: string[]): Labelled {
  for (const name of Object.keys(annotations ?? {})) {
    if (!name.startsWith(OPTION) || OWN_ANNOTATIONS.includes(name)) continue;
    remarks.push(`the annotation ${name} means nothing there`);
  }
  const own = without(labels, OWN_LABELS);
  const noted = without(annotations, OWN_ANNOTATIONS);
  return {
    ...(own === undefined ? {} : { labels: own }),
    ...(noted === undefined ? {} : { annotations: noted }),
  };
}

function without(
  entries: Record<string, string> | undefined,
  names: readonly string[],
): Record<string, string> | undefined {
  const kept = Object.entries(entries ?? {}).filter(([name]) => !names.includes(name));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function cleanJob(spec: Job["spec"], remarks: string[]): void {
  if (spec.manualSelector !== true) delete spec.selector;
  const template = spec.template as Template & { metadata?: Labelled };
  const metadata = labelled(template.metadata ?? {}, remarks);
  if (Object.keys(metadata).length > 0) template.metadata = metadata;
  else delete template.metadata;
  cleanPod(template.spec, remarks);
}

function cleanPod(spec: Pod["spec"], remarks: string[]): void {
  const { runtimeClassName = "" } = spec as { runtimeClassName?: string };
  if (OWN_RUNTIMES.includes(runtimeClassName)) {
    delete (spec as { runtimeClassName?: string }).runtimeClassName;
  }
  for (const { name, hostPath } of spec.volumes ?? []) {
    if (hostPath !== undefined) remarks.push(`volume ${name} is ${hostPath.path} of the host`);
  }
}
