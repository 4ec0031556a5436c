import {
  type CronJob,
  CRON_JOBS,
  type Job,
  JOBS,
  type ObjectStore,
  type Slot,
  SLOTS,
} from "@nodetcd/jobs";
import { WORKS } from "./works.ts";

const SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";

const isFinished = ({ status }: Job): boolean =>
  status?.conditions?.some(
    ({ type, status: is }) => is === "True" && /^(Complete|Failed)$/.test(type),
  ) === true;

/** All that happens to Jobs, as etcd's history tells it, checked as it comes. */
export class History {
  readonly faults: string[] = [];
  readonly #store: ObjectStore;
  readonly #ending = new AbortController();
  /** Names of the Jobs that each slot has ever had. */
  readonly #bySlot = new Map<string, string[]>();
  readonly #unfinished = new Map<string, Job>();
  readonly ended = new Map<string, Job>();
  readonly #done: Promise<void>;

  constructor(store: ObjectStore, from: number) {
    this.#store = store;
    this.#done = this.#follow(from).catch((error: unknown) => {
      this.faults.push(`history of Jobs is lost: ${String(error)}`);
    });
  }

  get jobs(): number {
    return this.#bySlot.size;
  }

  async #follow(fromRevision: number): Promise<void> {
    for await (const event of this.#store.watch(JOBS, {
      fromRevision,
      signal: this.#ending.signal,
    })) {
      if (event.type === "BOOKMARK") continue;
      const job = event.object;
      const { uid = "" } = job.metadata;
      if (event.type === "ADDED") this.#added(job);
      if (isFinished(job)) this.ended.set(uid, job);
      if (event.type === "DELETED" || isFinished(job)) this.#unfinished.delete(uid);
      else this.#unfinished.set(uid, job);
    }
  }

  #added(job: Job): void {
    const { name, annotations, ownerReferences } = job.metadata;
    const owner = ownerReferences?.[0]?.name ?? "";
    const slot = `${owner} ${annotations?.[SCHEDULED]}`;
    const names = [...(this.#bySlot.get(slot) ?? []), name];
    this.#bySlot.set(slot, names);
    if (names.length > 1)
      this.faults.push(`slot ${slot} has ${names.length} Jobs: ${names.join()}`);
    if (WORKS[owner]?.spec?.concurrencyPolicy !== "Forbid") return;
    const active = [...this.#unfinished.values()].filter(({ metadata }) =>
      metadata.name.startsWith(`${owner}-`),
    );
    if (active.length > 0)
      this.faults.push(`${name} was made while ${active[0]?.metadata.name} was active`);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#done;
  }

  /** Jobs that ended in another way than they are made to. */
  endedOtherwise(): string[] {
    return [...this.ended.values()].flatMap(({ metadata, status }) => {
      const [type, reason] = WORKS[metadata.ownerReferences?.[0]?.name ?? ""]?.ends ?? [];
      const ended = status?.conditions?.find((each) => each.type === type);
      const right = ended?.reason === reason && ended?.status === "True";
      return right ? [] : [`${metadata.name} ended otherwise: ${JSON.stringify(status)}`];
    });
  }

  /** Every slot of every CronJob has exactly one line, and a Job exactly when the line says so. */
  async checkLedger(stepMs: number): Promise<number> {
    const slots = (await this.#store.list(SLOTS)).items;
    for (const cronJob of (await this.#store.list(CRON_JOBS)).items) {
      this.#checkLines(
        cronJob,
        slots.filter(({ spec }) => spec.cronJobUid === cronJob.metadata.uid),
        stepMs,
      );
    }
    return slots.length;
  }

  #checkLines({ metadata }: CronJob, lines: readonly Slot[], stepMs: number): void {
    const { name, creationTimestamp } = metadata;
    let expected = Math.floor(Date.parse(creationTimestamp ?? "") / stepMs) * stepMs + stepMs;
    const sorted = lines.toSorted(
      (a, b) => Date.parse(a.spec.scheduledTime) - Date.parse(b.spec.scheduledTime),
    );
    for (const { spec, status } of sorted) {
      const time = Date.parse(spec.scheduledTime);
      if (time !== expected) {
        this.faults.push(
          `${name}: a line for ${spec.scheduledTime}, expected ${new Date(expected).toISOString()}`,
        );
      }
      expected = Date.parse(spec.untilTime ?? spec.scheduledTime) + stepMs;
      const names = this.#bySlot.get(`${name} ${spec.scheduledTime}`) ?? [];
      const ran = status.decision === "Ran" || status.decision === "CaughtUp";
      if (ran !== (names.length === 1)) {
        this.faults.push(
          `${name} ${spec.scheduledTime}: ${status.decision}, and ${names.length} Jobs`,
        );
      }
    }
    const lined = new Set(sorted.map(({ spec }) => `${name} ${spec.scheduledTime}`));
    for (const slot of this.#bySlot.keys()) {
      if (slot.startsWith(`${name} `) && !lined.has(slot))
        this.faults.push(`${slot}: a Job, and no line`);
    }
  }
}
