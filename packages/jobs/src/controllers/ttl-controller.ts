import { JOBS } from "../objects/resources.ts";
import { CONTROLLER_WORKERS } from "../limits.ts";
import type { Job } from "../objects/job.ts";
import { ifThere } from "./if-there.ts";
import { keyOf } from "./informer.ts";
import { finishedAt } from "./job/conditions.ts";
import { WorkQueue } from "./work-queue.ts";
import type { Controller, ControllerWorld } from "./world.ts";

/** When a finished Job is to be deleted, in milliseconds of wall time. */
export function expiresAt(job: Job): number | undefined {
  const { ttlSecondsAfterFinished: ttl } = job.spec;
  const finished = finishedAt(job);
  return ttl === undefined || finished === undefined ? undefined : finished + ttl * 1_000;
}

/** Deletes finished Jobs, with their pods, after `ttlSecondsAfterFinished`. */
export class TtlController implements Controller {
  readonly #world: ControllerWorld;
  readonly #queue: WorkQueue;

  constructor(world: ControllerWorld) {
    const { clock, logger, jobs } = world;
    this.#world = world;
    const work = (key: string): Promise<void> => this.#sync(key);
    this.#queue = new WorkQueue({ name: "ttl", clock, logger, workers: CONTROLLER_WORKERS, work });
    jobs.onChange((job, before) => {
      if (job === undefined) this.#queue.forget(keyOf(before!));
      else if (expiresAt(job) !== undefined) this.#queue.add(keyOf(job));
    });
  }

  get idle(): boolean {
    return this.#queue.idle;
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #sync(key: string): Promise<void> {
    const { jobs, clock, store } = this.#world;
    const job = jobs.get(key);
    const due = job && expiresAt(job);
    if (job === undefined || due === undefined || job.metadata.deletionTimestamp !== undefined)
      return;
    const left = due - clock.wallTime();
    if (left > 0) return this.#queue.addAfter(key, left);
    const { namespace = "", name, uid = "" } = job.metadata;
    // The TTL may have been changed after what is known here: the store's own word counts.
    const current = await store.find(JOBS, namespace, name);
    if (current?.metadata.uid !== uid || expiresAt(current) !== due) return;
    await ifThere(store.delete(JOBS, namespace, name, { propagationPolicy: "Foreground", uid }));
  }
}
