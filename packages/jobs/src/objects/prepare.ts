import { canonical } from "./canonical.ts";
import type { Namespace, Secret } from "./core.ts";
import { defaultCronJob, defaultJob, generateSelector, labelAsPods } from "./default-job.ts";
import { defaultPod, defaultPodSpec } from "./default-pod.ts";
import type { CronJob, Job } from "./job.ts";
import type { KubeObject } from "./meta.ts";
import type { Pod } from "./pod.ts";
import type { Resource } from "./resource.ts";

/** What has a `generation` that counts changes of its spec. */
const COUNTED: ReadonlySet<string> = new Set(["pods", "jobs", "cronjobs"]);

/** A namespace goes when the controller that empties it has taken its finalizer off. */
function prepareNamespace(object: Namespace): void {
  const { labels, name } = object.metadata;
  object.metadata.labels = { ...labels, "kubernetes.io/metadata.name": name };
  object.spec = { finalizers: ["kubernetes"] };
  object.status = { phase: "Active" };
}

/** `stringData` is a way to write `data` without base64; it is not kept. */
function prepareSecret(secret: Secret & { stringData?: Record<string, string> }): void {
  const { stringData } = secret;
  secret.type ??= "Opaque";
  if (stringData === undefined) return;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(text).toString("base64"),
  ]);
  secret.data = { ...secret.data, ...(Object.fromEntries(encoded) as Record<string, string>) };
  delete secret.stringData;
}

/** Fills in what was left out. Also for objects that are changed: a patch may take a field away. */
function fillIn({ plural }: Resource, object: KubeObject): void {
  switch (plural) {
    case "jobs":
      return defaultJob(object as Job);
    case "cronjobs":
      return defaultCronJob(object as CronJob);
    case "secrets":
      return prepareSecret(object);
    default:
  }
}

/** Completes a new object that has its uid: defaults, selectors, generation. */
export function prepareNew(resource: Resource, object: KubeObject): void {
  const { plural } = resource;
  if (COUNTED.has(plural)) object.metadata.generation = 1;
  fillIn(resource, object);
  if (plural === "jobs") {
    generateSelector(object as Job);
    labelAsPods(object as Job);
  }
  if (plural === "pods") defaultPod(object as Pod);
  else if (plural === "namespaces") prepareNamespace(object);
}

/** Completes what takes the place of `current`: its generation rises when its spec differs. */
export function prepareChanged(resource: Resource, current: KubeObject, next: KubeObject): void {
  fillIn(resource, next);
  if (resource.plural === "jobs") labelAsPods(next as Job);
  if (resource.plural === "pods") defaultPodSpec((next as Pod).spec);
  if (!COUNTED.has(resource.plural)) return;
  const { generation = 0 } = current.metadata;
  const spec = (object: KubeObject): string => canonical((object as { spec?: unknown }).spec);
  next.metadata.generation = spec(current) === spec(next) ? generation : generation + 1;
}
