import type { Namespace } from "./core.ts";
import type { KubeObject } from "./meta.ts";
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

/** Completes a new object that has its uid: defaults, selectors, generation. */
export function prepareNew(resource: Resource, object: KubeObject): void {
  if (COUNTED.has(resource.plural)) object.metadata.generation = 1;
  if (resource.plural === "namespaces") prepareNamespace(object);
}

/** Completes what takes the place of `current`: its generation rises when its spec differs. */
export function prepareChanged(resource: Resource, current: KubeObject, next: KubeObject): void {
  if (!COUNTED.has(resource.plural)) return;
  const { generation = 0 } = current.metadata;
  const spec = (object: KubeObject): string => JSON.stringify((object as { spec?: unknown }).spec);
  next.metadata.generation = spec(current) === spec(next) ? generation : generation + 1;
}
