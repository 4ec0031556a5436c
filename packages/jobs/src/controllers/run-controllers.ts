import type { Clock, Logger, Random } from "@nodetcd/runtime";
import type { KubeObject } from "../objects/meta.ts";
import type { Resource } from "../objects/resource.ts";
import { CRON_JOBS, JOBS, LEASES, NAMESPACES, NODES, PODS } from "../objects/resources.ts";
import { CronJobController } from "./cron-job-controller.ts";
import { GarbageCollector } from "./garbage-collector.ts";
import { Informer, type Store } from "./informer.ts";
import { JobController } from "./job-controller.ts";
import { LedgerController } from "./ledger-controller.ts";
import { NodeController } from "./node-controller.ts";
import { NamespaceController } from "./namespace-controller.ts";
import { Scheduler } from "./scheduler.ts";
import { TtlController } from "./ttl-controller.ts";
import type { Controller, ControllerWorld } from "./world.ts";

export interface RunOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly identity: string;
}

export interface RunningControllers extends Controller {
  /** Resolves when all informers have their first list. */
  readonly ready: Promise<void>;
  /** Changes of pods, Jobs and CronJobs up to this revision have been seen, as far as there were any. */
  readonly seen: number;
}

/** Runs all controllers until `stop`. They may run twice at a time: what they write is guarded by revisions. */
export function runControllers(options: RunOptions): RunningControllers {
  const { store, clock, logger } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const informers: Informer<never>[] = [];
  const inform = <T extends KubeObject>(resource: Resource<T>): Informer<T> => {
    const informer = new Informer<T>({ store, resource, clock, logger, signal });
    informers.push(informer as unknown as Informer<never>);
    return informer;
  };
  const world: ControllerWorld = {
    ...options,
    namespaces: inform(NAMESPACES),
    pods: inform(PODS),
    jobs: inform(JOBS),
    cronJobs: inform(CRON_JOBS),
    nodes: inform(NODES),
    leases: inform(LEASES),
  };
  let controllers: Controller[] = [];
  const runs: Promise<void>[] = [];
  const begin = async (): Promise<void> => {
    // Nobody decides anything before everything is known.
    runs.push(...informers.map((informer) => informer.run()));
    await Promise.all(informers.map(({ synced }) => synced));
    if (signal.aborted) return;
    controllers = [
      new JobController(world),
      new CronJobController(world),
      new TtlController(world),
      new GarbageCollector(world),
      new NamespaceController(world),
      new Scheduler(world),
      new NodeController(world),
      new LedgerController(world),
    ];
    for (const informer of informers) informer.replay();
  };
  return {
    ready: begin(),
    get idle() {
      return controllers.length > 0 && controllers.every(({ idle }) => idle);
    },
    get seen() {
      return Math.min(...[world.pods, world.jobs, world.cronJobs].map(({ revision }) => revision));
    },
    async stop() {
      ending.abort();
      await Promise.all(controllers.map((controller) => controller.stop()));
      await Promise.all(runs);
    },
  };
}
