import type { Resource } from "../objects/resource.ts";

/** `/registry/jobs/default/hello`, as Kubernetes lays it out; without a namespace `/registry/minions/here`. */
export function objectKey(
  prefix: string,
  resource: Resource,
  namespace: string,
  name: string,
): string {
  return `${listPrefix(prefix, resource, namespace)}${name}`;
}

/** The beginning of all keys of a resource, in one namespace or (empty) in all. Ends with a slash. */
export function listPrefix(prefix: string, resource: Resource, namespace: string): string {
  const base = `${prefix}/${resource.storagePath}/`;
  return resource.namespaced && namespace !== "" ? `${base}${namespace}/` : base;
}
