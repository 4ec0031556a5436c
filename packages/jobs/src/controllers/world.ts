import type { Clock, Logger, Random } from "@nodetcd/runtime";
import type { Lease, Namespace, Node } from "../objects/core.ts";
import type { CronJob, Job } from "../objects/job.ts";
import type { Pod } from "../objects/pod.ts";
import type { Informer, Store } from "./informer.ts";

/** What the controllers share. */
export interface ControllerWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Who decides, for the slot ledger. */
  readonly identity: string;
  readonly namespaces: Informer<Namespace>;
  readonly pods: Informer<Pod>;
  readonly jobs: Informer<Job>;
  readonly cronJobs: Informer<CronJob>;
  readonly nodes: Informer<Node>;
  /** Of nodes: one that is not there has a dead worker. */
  readonly leases: Informer<Lease>;
}

export interface Controller {
  /** Nothing is being done, and nothing waits but for its time. */
  readonly idle: boolean;
  stop(): Promise<void>;
}
