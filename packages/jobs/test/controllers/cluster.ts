import { type Client } from "@nodetcd/client";
import { silentLogger, type Logger } from "@nodetcd/runtime";
import { nodeRandom } from "@nodetcd/runtime/node";
import { VirtualClock } from "@nodetcd/simulator";
import { runControllers, type RunningControllers } from "../../src/controllers/run-controllers.ts";
import {
  CRON_JOBS,
  type CronJob,
  EVENTS,
  isReason,
  type Job,
  JOBS,
  type KubeObject,
  NAMESPACES,
  ObjectStore,
  type Pod,
  PODS,
  type Resource,
  type ObjectEvent,
  type Slot,
  SLOTS,
  timeText,
  type WatchOptions,
} from "../../src/jobs.ts";
import type { CronJobSpec, JobSpec } from "../../src/objects/job.ts";

export const START: number = Date.parse("2026-11-30T09:00:00Z");
const UID = "batch.kubernetes.io/controller-uid";
let prefixes = 0;

/** The controllers on a store of their own, with a clock that stands still; pods do what the test says. */
export class Cluster {
  readonly clock = new VirtualClock(START);
  readonly store: ObjectStore;
  readonly #logger: Logger;
  running: RunningControllers;
  #touches = 0;
  #markers: Promise<{ resource: Resource; object: KubeObject }[]> | undefined;

  constructor(client: Client, logger: Logger = silentLogger) {
    const runtime = { clock: this.clock, random: nodeRandom };
    this.#logger = logger;
    this.store = new ObjectStore({ client, runtime, prefix: `/run-${process.pid}-${++prefixes}` });
    this.running = this.#run();
  }

  /** News of pods comes so many milliseconds late, one by one. */
  lateness = 0;

  #run(): RunningControllers {
    const { clock } = this;
    const store = this.#lateStore();
    return runControllers({
      store,
      clock,
      random: nodeRandom,
      logger: this.#logger,
      identity: "one",
    });
  }

  #lateStore(): ObjectStore {
    const watch: ObjectStore["watch"] = (resource, options) => this.#lateWatch(resource, options);
    return new Proxy(this.store, {
      get: (store, name) => {
        const value: unknown = name === "watch" ? watch : Reflect.get(store, name, store);
        return typeof value === "function" ? value.bind(store) : value;
      },
    });
  }

  async *#lateWatch<T extends KubeObject>(
    resource: Resource<T>,
    options?: WatchOptions,
  ): AsyncGenerator<ObjectEvent<T>, void, undefined> {
    for await (const event of this.store.watch(resource, options)) {
      if (resource.plural === "pods" && this.lateness > 0) {
        await new Promise((resolve) => setTimeout(resolve, this.lateness));
      }
      yield event;
    }
  }

  /** The process ends and another one takes over. */
  async restart(): Promise<void> {
    await this.running.stop();
    this.running = this.#run();
    await this.settle();
  }

  async stop(): Promise<void> {
    await this.running.stop();
  }

  /**
   * Waits until nothing happens any more; time stands still. Objects that no controller cares for are touched:
   * when the controllers have seen that, they have seen all before it; and when they then rest and nothing was
   * written since, there is nothing left to do.
   */
  async settle(): Promise<void> {
    await this.running.ready;
    for (let turns = 0; turns < 2_000; turns++) {
      const revision = await this.#touch();
      while (this.running.seen < revision || !this.running.idle) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (this.clock.nextDue <= this.clock.monotonic()) this.clock.advance(0);
      }
      const { resourceVersion } = await this.store.list(NAMESPACES);
      if (Number(resourceVersion) === revision && this.running.idle) return;
    }
    throw new Error("the controllers do not come to rest");
  }

  async #touch(): Promise<number> {
    const markers = await (this.#markers ??= this.#createMarkers());
    for (const { object } of markers) {
      object.metadata.annotations = { touched: String(this.#touches++) };
    }
    return await this.store.transaction(
      markers.map(({ resource, object }) => ({ kind: "update" as const, resource, object })),
    );
  }

  async #createMarkers(): Promise<{ resource: Resource; object: KubeObject }[]> {
    const metadata = { name: "marker", namespace: "markers" };
    const spec = { containers: [{ name: "main" }] };
    const pod: Pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: { ...spec, schedulingGates: [{ name: "never" }] },
    };
    const job: Job = {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata,
      spec: { managedBy: "example.com/nobody", template: { spec } },
    };
    const cronJob: CronJob = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: { schedule: "0 0 31 2 *", jobTemplate: { spec: { template: { spec } } } },
    };
    return [
      { resource: PODS, object: await this.store.create(PODS, pod) },
      { resource: JOBS, object: await this.store.create(JOBS, job) },
      { resource: CRON_JOBS, object: await this.store.create(CRON_JOBS, cronJob) },
    ];
  }

  async advance(seconds: number): Promise<void> {
    const end = this.clock.monotonic() + seconds * 1_000;
    await this.settle();
    while (this.clock.nextDue <= end) {
      this.clock.advance(Math.max(0, this.clock.nextDue - this.clock.monotonic()));
      await this.settle();
    }
    this.clock.advance(end - this.clock.monotonic());
  }

  async createJob(spec: Partial<JobSpec>, name = "hello"): Promise<Job> {
    return this.store.create(JOBS, {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, namespace: "default", uid: `uid-${name}` },
      spec: {
        parallelism: 1,
        completions: 1,
        selector: { matchLabels: { [UID]: `uid-${name}` } },
        ...spec,
        template: {
          metadata: { labels: { [UID]: `uid-${name}`, "batch.kubernetes.io/job-name": name } },
          spec: {
            restartPolicy: "Never",
            containers: [{ name: "main", image: "busybox" }],
            ...spec.template?.spec,
          },
        },
      },
    });
  }

  /** The Jobs of a CronJob do not run by themselves: tests finish them. */
  async createCronJob(
    spec: Partial<CronJobSpec> = {},
    annotations: Record<string, string> = {},
  ): Promise<CronJob> {
    return this.store.create(CRON_JOBS, {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "tick", namespace: "default", annotations },
      spec: {
        schedule: "* * * * *",
        jobTemplate: {
          spec: { parallelism: 0, template: { spec: { containers: [{ name: "main" }] } } },
        },
        ...spec,
      },
    });
  }

  job(name = "hello"): Promise<Job> {
    return this.store.get(JOBS, "default", name);
  }

  async conditions(name = "hello"): Promise<string[]> {
    const { status } = await this.job(name);
    return (status?.conditions ?? []).map(
      ({ type, status: is, reason }) => `${type}=${is} ${reason}`,
    );
  }

  cronJob(): Promise<CronJob> {
    return this.store.get(CRON_JOBS, "default", "tick");
  }

  async pods(): Promise<Pod[]> {
    return (await this.store.list(PODS, { namespace: "default" })).items;
  }

  async active(): Promise<Pod[]> {
    return (await this.pods()).filter(
      ({ status, metadata }) =>
        metadata.deletionTimestamp === undefined &&
        status?.phase !== "Succeeded" &&
        status?.phase !== "Failed",
    );
  }

  async jobs(): Promise<Job[]> {
    return (await this.store.list(JOBS, { namespace: "default" })).items;
  }

  async events(): Promise<string[]> {
    const { items } = await this.store.list(EVENTS);
    return items.map(({ reason, message, type }) => `${type} ${reason} ${message}`);
  }

  async ledger(): Promise<string[]> {
    const { items } = await this.store.list(SLOTS);
    const time = ({ spec }: Slot): string => spec.scheduledTime.slice(11, 16);
    return items.map((slot) => `${time(slot)} ${slot.status.decision}`);
  }

  async #setStatus(pod: Pod, change: (pod: Pod) => void): Promise<void> {
    const { namespace = "", name } = pod.metadata;
    await this.store.modify(PODS, namespace, name, (each) => {
      change(each);
      return each;
    });
  }

  async run(...pods: Pod[]): Promise<void> {
    for (const pod of pods) {
      await this.#setStatus(pod, (each) => {
        each.spec.nodeName = "here";
        const lastTransitionTime = timeText(this.clock.wallTime());
        each.status = {
          phase: "Running",
          conditions: [{ type: "Ready", status: "True", lastTransitionTime }],
        };
      });
    }
    await this.settle();
  }

  async end(exitCode: number, ...pods: Pod[]): Promise<void> {
    const finishedAt = timeText(this.clock.wallTime());
    for (const pod of pods) {
      await this.#setStatus(pod, (each) => {
        each.spec.nodeName = "here";
        const status = {
          name: "main",
          ready: false,
          restartCount: 0,
          image: "busybox",
          imageID: "",
        };
        const state = { terminated: { exitCode, finishedAt } };
        each.status = {
          phase: exitCode === 0 ? "Succeeded" : "Failed",
          containerStatuses: [{ ...status, state }],
        };
      });
    }
    await this.settle();
  }

  /** What a worker does with pods that are being deleted. */
  async kill(): Promise<void> {
    for (const { metadata } of await this.pods()) {
      if (metadata.deletionTimestamp === undefined) continue;
      const { namespace = "", name } = metadata;
      await this.store
        .delete(PODS, namespace, name, { gracePeriodSeconds: 0 })
        .catch((error: unknown) => {
          if (!isReason(error, "NotFound")) throw error;
        });
    }
    await this.settle();
  }

  async finishJob(job: Job, type: "Complete" | "Failed" = "Complete"): Promise<void> {
    const time = timeText(this.clock.wallTime());
    await this.store.modify(JOBS, "default", job.metadata.name, (each) => ({
      ...each,
      status: {
        ...each.status,
        ...(type === "Complete" ? { completionTime: time } : {}),
        conditions: [{ type, status: "True" as const, lastTransitionTime: time }],
      },
    }));
    await this.settle();
  }

  async createNamespace(name: string): Promise<void> {
    await this.store.create(NAMESPACES, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
      spec: { finalizers: ["kubernetes"] },
    });
  }
}
