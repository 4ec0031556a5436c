import { isReason } from "../errors.ts";
import { slotOf } from "../ledger/slot-line.ts";
import { CONTROLLER_WORKERS } from "../limits.ts";
import type { CronJob, Job, Slot } from "../objects/job.ts";
import { controllerOf } from "../objects/meta.ts";
import { CRON_JOBS, JOBS, SLOTS } from "../objects/resources.ts";
import type { Change } from "../storage/transaction.ts";
import { type CronJobPlan, reconcileCronJob } from "./cron-job/reconcile-cron-job.ts";
import { EventRecorder } from "./event-recorder.ts";
import { ifThere } from "./if-there.ts";
import { keyOf } from "./informer.ts";
import type { PlannedEvent } from "./planned-event.ts";
import { WorkQueue } from "./work-queue.ts";
import type { Controller, ControllerWorld } from "./world.ts";

/**
 * Runs `reconcileCronJob` for every CronJob that changes, whose Jobs change or whose time has come. A slot's
 * Job, the CronJob's status and the slot's line in the ledger are one transaction, which needs the CronJob
 * and the Jobs that have ended to be as they were read: whatever crashes and whoever else believes to lead,
 * a slot gets at most one Job, Forbid is kept, and every slot has one line.
 */
export class CronJobController implements Controller {
  readonly #world: ControllerWorld;
  readonly #queue: WorkQueue;
  readonly #recorder: EventRecorder;
  /** Revisions written here that the informers have to show before the next look. */
  readonly #written = new Map<string, { readonly cronJob: number; readonly job: number }>();

  /** When a schedule was changed, until that is written down. */
  readonly #scheduledSince = new Map<string, number>();

  constructor(world: ControllerWorld) {
    const { clock, logger, jobs, cronJobs } = world;
    this.#world = world;
    this.#recorder = new EventRecorder({ ...world, component: "cronjob-controller" });
    this.#queue = new WorkQueue({
      name: "cronjobs",
      clock,
      logger,
      workers: CONTROLLER_WORKERS,
      work: (key) => this.#sync(key),
    });
    cronJobs.onChange((now, before) => {
      const cronJob = now ?? before;
      if (now !== undefined && before !== undefined && hasOtherSchedule(now, before)) {
        this.#scheduledSince.set(keyOf(now), clock.wallTime());
      }
      if (cronJob !== undefined) this.#queue.add(keyOf(cronJob));
    });
    jobs.onChange((now, before) => {
      for (const job of [now, before]) {
        const owner = job && controllerOf(job);
        if (owner?.kind === "CronJob") this.#queue.add(`${job?.metadata.namespace}/${owner.name}`);
      }
    });
  }

  get idle(): boolean {
    return this.#queue.idle && this.#recorder.idle;
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
    await this.#recorder.written();
  }

  async #sync(key: string): Promise<void> {
    const { cronJobs, jobs, clock } = this.#world;
    const cronJob = cronJobs.get(key);
    if (cronJob === undefined) {
      this.#written.delete(key);
      this.#scheduledSince.delete(key);
      return this.#queue.forget(key);
    }
    const written = this.#written.get(key);
    if (written !== undefined) {
      if (cronJobs.revision < written.cronJob || jobs.revision < written.job) return;
    }
    const { uid = "" } = cronJob.metadata;
    const owned = jobs.ownedBy(uid).filter((job) => controllerOf(job)?.uid === uid);
    const since = this.#scheduledSince.get(key);
    const plan = reconcileCronJob(cronJob, owned, clock.wallTime(), since);
    for (const job of plan.replace) await this.#delete(cronJob, job);
    const started = await this.#commit(key, cronJob, plan);
    if (this.#scheduledSince.get(key) === since) this.#scheduledSince.delete(key);
    this.#recorder.record(cronJob, [...plan.events, ...started]);
    for (const job of plan.remove) await this.#delete(cronJob, job);
    if (plan.againAt !== undefined) this.#queue.addAfter(key, plan.againAt - clock.wallTime());
  }

  /** Gives the events of what was done. */
  async #commit(key: string, cronJob: CronJob, plan: CronJobPlan): Promise<PlannedEvent[]> {
    const { store } = this.#world;
    const changes: Change[] = [];
    const next = structuredClone(plan.next);
    const job = plan.start && store.complete(JOBS, plan.start.job);
    if (job !== undefined) {
      changes.push({ kind: "create", resource: JOBS, object: job });
      next.status = { ...next.status, active: [...(next.status?.active ?? []), referenceTo(job)] };
    }
    if (job === undefined && plan.lines.length === 0 && isSame(next, cronJob)) return [];
    changes.push({ kind: "update", resource: CRON_JOBS, object: next });
    for (const ended of plan.ended) {
      changes.push({ kind: "require", resource: JOBS, object: structuredClone(ended) });
    }
    for (const line of this.#lines(cronJob, plan, job)) {
      changes.push({ kind: "create", resource: SLOTS, object: line });
    }
    try {
      const revision = await store.transaction(changes);
      this.#written.set(key, { cronJob: revision, job: job === undefined ? 0 : revision });
    } catch (error) {
      if (!isReason(error, "AlreadyExists")) throw error;
      return await this.#nameIsTaken(key, cronJob, plan);
    }
    if (job === undefined) return [];
    const message = `Created job ${job.metadata.name}`;
    return [{ type: "Normal", reason: "SuccessfulCreate", message }];
  }

  #lines(cronJob: CronJob, plan: CronJobPlan, job: Job | undefined): Slot[] {
    const { store, clock, identity } = this.#world;
    const now = clock.wallTime();
    const lines = plan.lines.map((line) => slotOf(cronJob, line, now, identity));
    if (plan.start !== undefined && job !== undefined) {
      lines.push(slotOf(cronJob, plan.start.line, now, identity, job));
    }
    return lines.map((line) => store.complete(SLOTS, line));
  }

  /**
   * A Job or a line of the slot is there already, made by somebody who does not know of the CronJob's status:
   * by hand, or before the CronJob was restored or replaced. The slot is decided then; what has no line gets one.
   */
  async #nameIsTaken(key: string, cronJob: CronJob, plan: CronJobPlan): Promise<PlannedEvent[]> {
    const { store, clock, identity } = this.#world;
    const { namespace = "" } = cronJob.metadata;
    const next = structuredClone(plan.next);
    const changes: Change[] = [{ kind: "update", resource: CRON_JOBS, object: next }];
    const lines = plan.lines.map((line) => slotOf(cronJob, line, clock.wallTime(), identity));
    const events: PlannedEvent[] = [];
    if (plan.start !== undefined) {
      const name = plan.start.job.metadata.name;
      const there = await store.find(JOBS, namespace, name);
      const ours = there !== undefined && controllerOf(there)?.uid === cronJob.metadata.uid;
      const message = `There was a Job named ${name} already`;
      const line = { ...plan.start.line, decision: "LostRace" as const, message };
      lines.push(slotOf(cronJob, line, clock.wallTime(), identity, there));
      if (!ours && there !== undefined) {
        const failed = `Error creating job: jobs.batch "${name}" already exists`;
        events.push({ type: "Warning", reason: "FailedCreate", message: failed });
      }
    }
    for (const line of lines) {
      if ((await store.find(SLOTS, namespace, line.metadata.name)) !== undefined) continue;
      changes.push({ kind: "create", resource: SLOTS, object: store.complete(SLOTS, line) });
    }
    const revision = await store.transaction(changes);
    this.#written.set(key, { cronJob: revision, job: 0 });
    return events;
  }

  async #delete(cronJob: CronJob, job: Job): Promise<void> {
    const { name, namespace = "", uid = "" } = job.metadata;
    const options = { propagationPolicy: "Background" as const, uid };
    const gone = await ifThere(this.#world.store.delete(JOBS, namespace, name, options));
    if (gone === undefined) return;
    const message = `Deleted job ${name}`;
    this.#recorder.record(cronJob, [{ type: "Normal", reason: "SuccessfulDelete", message }]);
  }
}

function referenceTo({ metadata }: Job): NonNullable<NonNullable<CronJob["status"]>["active"]>[0] {
  const { name, namespace = "", uid = "" } = metadata;
  return { apiVersion: "batch/v1", kind: "Job", namespace, name, uid };
}

function hasOtherSchedule(now: CronJob, before: CronJob): boolean {
  const { schedule, timeZone } = before.spec;
  const same = now.metadata.uid === before.metadata.uid;
  return same && (now.spec.schedule !== schedule || now.spec.timeZone !== timeZone);
}

function isSame(a: CronJob, b: CronJob): boolean {
  return (
    JSON.stringify([a.metadata, a.spec, a.status ?? {}]) ===
    JSON.stringify([b.metadata, b.spec, b.status ?? {}])
  );
}
