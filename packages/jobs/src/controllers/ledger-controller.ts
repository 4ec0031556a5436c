import {
  CONTROLLER_WORKERS,
  LEDGER_LINES_KEPT,
  LEDGER_PRUNE_EVERY,
  TRANSACTION_CHANGES_MAX,
} from "../limits.ts";
import { cronJobNameOf } from "../ledger/slot-line.ts";
import type { CronJob } from "../objects/job.ts";
import { SLOTS } from "../objects/resources.ts";
import type { ObjectName } from "../storage/list-names.ts";
import { decidedUntil } from "./cron-job/timetable.ts";
import { keyOf } from "./informer.ts";
import { WorkQueue } from "./work-queue.ts";
import type { Controller, ControllerWorld } from "./world.ts";

/** Keeps the newest lines of each CronJob, and none of those that are gone. */
export class LedgerController implements Controller {
  readonly #world: ControllerWorld;
  readonly #queue: WorkQueue;
  /** Lines of a CronJob since the last look, about: it begins anywhere, so that not all are looked at together. */
  readonly #lines = new Map<string, number>();

  constructor(world: ControllerWorld) {
    const { clock, logger, cronJobs } = world;
    this.#world = world;
    const work = (key: string): Promise<void> => this.#sync(key);
    const workers = CONTROLLER_WORKERS;
    this.#queue = new WorkQueue({ name: "ledger", clock, logger, workers, work });
    cronJobs.onChange((now, before) => this.#changed(now, before));
    this.#queue.add(ALL);
  }

  get idle(): boolean {
    return this.#queue.idle;
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  #changed(now: CronJob | undefined, before: CronJob | undefined): void {
    const key = keyOf((now ?? before)!);
    if (now === undefined) {
      this.#lines.delete(key);
      return this.#queue.add(key);
    }
    const first = before === undefined ? this.#world.random.below(LEDGER_PRUNE_EVERY) : 0;
    const lines = this.#lines.get(key) ?? first;
    const more = before !== undefined && decidedUntil(now) > decidedUntil(before) ? 1 : 0;
    this.#lines.set(key, (lines + more) % LEDGER_PRUNE_EVERY);
    if (more > 0 && lines + more === LEDGER_PRUNE_EVERY) this.#queue.add(key);
  }

  async #sync(key: string): Promise<void> {
    const { cronJobs, store } = this.#world;
    if (key === ALL) return await this.#dropStrangers();
    const [namespace = "", name = ""] = key.split("/");
    const lines = await store.listNames(SLOTS, namespace, `${name}-`);
    const own = lines.filter((line) => cronJobNameOf(line.name) === name);
    if (cronJobs.get(key) === undefined) this.#queue.forget(key);
    const kept = cronJobs.get(key) === undefined ? 0 : LEDGER_LINES_KEPT;
    // Names have the minute in them: their order is that of time.
    await this.#drop(own.slice(0, Math.max(0, own.length - kept)));
  }

  /** Lines of CronJobs that went while nobody led. */
  async #dropStrangers(): Promise<void> {
    const { cronJobs, store } = this.#world;
    const all = await store.listNames(SLOTS, "", "");
    const isStrange = ({ namespace, name }: ObjectName): boolean =>
      cronJobs.get(`${namespace}/${cronJobNameOf(name)}`) === undefined;
    await this.#drop(all.filter(isStrange));
  }

  async #drop(lines: readonly ObjectName[]): Promise<void> {
    for (let at = 0; at < lines.length; at += TRANSACTION_CHANGES_MAX) {
      const batch = lines.slice(at, at + TRANSACTION_CHANGES_MAX);
      await this.#world.store.transaction(
        batch.map((metadata) => {
          const object = { apiVersion: "nodetcd.io/v1", kind: "Slot", metadata: { ...metadata } };
          return { kind: "delete", resource: SLOTS, object };
        }),
      );
    }
  }
}

/** No key of a CronJob. */
const ALL = "*";
