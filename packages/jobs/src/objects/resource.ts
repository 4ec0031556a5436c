import type { KubeObject } from "./meta.ts";

/**
 * A kind of object and where it lives. `T` is the type of its objects: `store.get(JOBS, ns, name)` is a `Job`.
 */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for core. */
  readonly group: string;
  /** Versions that are served; objects are stored in the first. */
  readonly versions: readonly [string, ...string[]];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** `all` puts it into `kubectl get all`. */
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Below the store's prefix, as Kubernetes has it: `jobs`, but `minions` for nodes. */
  readonly storagePath: string;
  /** Never set; it carries the type. */
  readonly type?: T;
}

/** `batch/v1`, or `v1` for core: the version objects are stored in. */
export function storageVersion({ group, versions }: Resource): string {
  return group === "" ? versions[0] : `${group}/${versions[0]}`;
}
