import type { KubeObject } from "../objects/meta.ts";
import type { Resource } from "../objects/resource.ts";

/**
 * How API servers reach a worker. It goes with the worker's lease, and the key is a new one at each start. The API does
 * not serve it: only who may read the store can ask a worker.
 */
export interface WorkerRecord extends KubeObject {
  spec: {
    readonly address: string;
    readonly port: number;
    /** Base64; see `http/shared-key.ts`. */
    readonly key: string;
  };
}

export const WORKERS: Resource<WorkerRecord> = {
  group: "nodetcd.io",
  versions: ["v1"],
  kind: "Worker",
  plural: "workers",
  singular: "worker",
  shortNames: [],
  categories: [],
  namespaced: false,
  storagePath: "nodetcd.io/workers",
};
