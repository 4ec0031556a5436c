import type { Logger, Runtime } from "@nodetcd/runtime";
import type { OwnLogs } from "./log-source.ts";
import type { ObjectStore } from "./storage/object-store.ts";

/**
 * What `nodetcd jobs` is made of: the API, the controllers, a worker. Any of them runs alone or beside the others; they
 * meet in the store only.
 */
export interface Part {
  /** Ends it in good order: a leader resigns, calls are answered. Idempotent. */
  stop(): Promise<void>;
}

/** Given to `startControllers`: many may run, one of them leads. */
export interface ControllersOptions {
  store: ObjectStore;
  runtime: Pick<Runtime, "clock" | "random">;
  logger: Logger;
  /** Who this is among those that could lead: unique. */
  identity: string;
  /** Seconds until another one takes over from a leader that is gone. Default 10. */
  leaseSeconds?: number;
}

/** Given to `startWorker`: a node on which pods run. */
/** What runs containers: processes of the worker's machine, or an engine there. */
export const RUNTIMES = ["process", "docker", "podman"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

export interface WorkerOptions {
  store: ObjectStore;
  runtime: Runtime;
  logger: Logger;
  /** Unique among the workers, the same after a restart. */
  nodeName: string;
  /** Milliseconds before a container that has failed twice runs again; it doubles each time. Default 10,000. */
  restartMs?: number;
  /** Folder for logs, volumes and what is known of processes; made when missing. */
  dataDir: string;
  /**
   * Where API servers read its logs: an address of this machine that they reach, and a port (0: a free one). Who has not
   * read the worker's key in the store gets no connection. Default: 127.0.0.1, for API servers of this machine only.
   */
  listen?: { readonly host: string; readonly port: number };
  /** What runs the containers of pods whose runtimeClassName does not say it. Default: process. */
  runtimeName?: RuntimeName;
}

export interface WorkerPart extends Part {
  readonly logs: OwnLogs;
}
