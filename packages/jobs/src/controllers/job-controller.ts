import { CONTROLLER_WORKERS } from "../limits.ts";
import { ifThere } from "./if-there.ts";
import { EventRecorder } from "./event-recorder.ts";
import { keyOf } from "./informer.ts";
import { adopted, claimPods, released, withoutFinalizer } from "./job/claim-pods.ts";
import type { Failures } from "./job/backoff.ts";
import { type JobPlan, reconcileJob } from "./job/reconcile-job.ts";
import { controllerOf } from "../objects/meta.ts";
import type { Job } from "../objects/job.ts";
import type { Pod } from "../objects/pod.ts";
import { JOBS, PODS } from "../objects/resources.ts";
import type { Change } from "../storage/transaction.ts";
import { WorkQueue } from "./work-queue.ts";
import type { Controller, ControllerWorld } from "./world.ts";

/** A Job of another controller has its name here. */
const OWN_NAME = "kubernetes.io/job-controller";

interface Written {
  readonly revision: number;
  /** Keys of the pods that were made or released. */
  readonly pods: readonly string[];
}

/** Runs `reconcileJob` for every Job that changes, or whose pods change, and carries its plans out. */
export class JobController implements Controller {
  readonly #world: ControllerWorld;
  readonly #queue: WorkQueue;
  readonly #recorder: EventRecorder;
  /** What this controller has written, and its informers have to show before the next look. */
  readonly #written = new Map<string, Written>();
  /** Until the Job has finished. */
  readonly #failures = new Map<string, { readonly uid: string; readonly known: Failures }>();

  constructor(world: ControllerWorld) {
    const { clock, logger, jobs, pods } = world;
    this.#world = world;
    this.#recorder = new EventRecorder({ ...world, component: "job-controller" });
    this.#queue = new WorkQueue({
      name: "jobs",
      clock,
      logger,
      workers: CONTROLLER_WORKERS,
      work: (key) => this.#sync(key),
    });
    jobs.onChange((now, before) => {
      const job = now ?? before;
      if (job !== undefined) this.#queue.add(keyOf(job));
    });
    pods.onChange((now, before) => {
      for (const pod of [now, before]) if (pod !== undefined) this.#addOwner(pod);
    });
  }

  get idle(): boolean {
    return this.#queue.idle && this.#recorder.idle;
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
    await this.#recorder.written();
  }

  #addOwner(pod: Pod): void {
    const { namespace = "" } = pod.metadata;
    const owner = controllerOf(pod);
    if (owner?.kind === "Job") this.#queue.add(`${namespace}/${owner.name}`);
    else if (owner === undefined) {
      // Nobody's: perhaps there is a Job that adopts it.
      const name = pod.metadata.labels?.["batch.kubernetes.io/job-name"];
      if (name !== undefined) return this.#queue.add(`${namespace}/${name}`);
      for (const job of this.#world.jobs.values()) {
        if (job.spec.manualSelector === true && job.metadata.namespace === namespace) {
          this.#queue.add(keyOf(job));
        }
      }
    }
  }

  async #sync(key: string): Promise<void> {
    const { jobs, clock } = this.#world;
    const job = jobs.get(key);
    if (job === undefined) {
      this.#written.delete(key);
      this.#failures.delete(key);
      return this.#queue.forget(key);
    }
    const { managedBy } = job.spec;
    if (managedBy !== undefined && managedBy !== OWN_NAME) return;
    if (!this.#isCurrent(key)) return;
    if (await this.#claim(key, job)) return;
    const { owned } = claimPods(job, this.#candidates(job));
    const { uid = "" } = job.metadata;
    const failures = this.#failures.get(key);
    const known = failures?.uid === uid ? failures.known : undefined;
    const plan = reconcileJob(job, owned, clock.wallTime(), known);
    const created = await this.#commit(key, job, plan);
    if (plan.failures === undefined) this.#failures.delete(key);
    else this.#failures.set(key, { uid, known: plan.failures });
    const events = created.map((pod) => `Created pod: ${pod.metadata.name}`);
    this.#recorder.record(
      job,
      events.map((message) => ({ type: "Normal", reason: "SuccessfulCreate", message })),
    );
    this.#recorder.record(job, plan.events);
    for (const pod of plan.remove) await this.#remove(job, pod, plan.forget);
    if (plan.againMs !== undefined) this.#queue.addAfter(key, plan.againMs);
  }

  /** Whether what was written here is seen by now; the event that shows it brings the key back. */
  #isCurrent(key: string): boolean {
    const { jobs, pods } = this.#world;
    const written = this.#written.get(key);
    if (written === undefined) return true;
    const { revision } = written;
    if (jobs.revision < revision) return false;
    // The pods of one revision come one after the other: all of them must be there.
    const seen = (pod: string): boolean =>
      Number(pods.get(pod)?.metadata.resourceVersion ?? 0) >= revision;
    return pods.revision > revision || written.pods.every(seen);
  }

  /** Pods that the Job controls, and those of its namespace that nobody controls. */
  #candidates(job: Job): Pod[] {
    const { pods } = this.#world;
    const { namespace, uid = "", name } = job.metadata;
    const owned = pods.ownedBy(uid);
    const orphans = [...pods.orphans()].filter(
      ({ metadata }) =>
        metadata.namespace === namespace &&
        (job.spec.manualSelector === true ||
          metadata.labels?.["batch.kubernetes.io/job-name"] === name),
    );
    return [...owned, ...orphans];
  }

  /** Adopts and releases pods. True when there were some: their events bring the key back. */
  async #claim(key: string, job: Job): Promise<boolean> {
    const { store } = this.#world;
    const { orphans, strangers } = claimPods(job, this.#candidates(job));
    for (const [pods, change] of [
      [orphans, adopted],
      [strangers, released],
    ] as const) {
      for (const { metadata } of pods) {
        const { namespace = "", name, uid } = metadata;
        await ifThere(
          store.modify(PODS, namespace, name, (pod) =>
            pod.metadata.uid === uid ? change(job, pod) : undefined,
          ),
        );
      }
    }
    if (orphans.length + strangers.length === 0) return false;
    this.#queue.addAfter(key, 1_000);
    return true;
  }

  /** The Job's status, its new pods and the counted ends of others: all at one revision, or nothing. */
  async #commit(key: string, job: Job, plan: JobPlan): Promise<Pod[]> {
    const { store } = this.#world;
    const changed = JSON.stringify(plan.status) !== JSON.stringify(job.status ?? {});
    if (!changed && plan.create.length + plan.release.length === 0) return [];
    const created = plan.create.map((pod) => store.complete(PODS, pod));
    const next: Job = { ...structuredClone(job), status: plan.status };
    const changes: Change[] = [
      { kind: "update", resource: JOBS, object: next },
      ...created.map((object): Change => ({ kind: "create", resource: PODS, object })),
      ...plan.release.map(releaseChange),
    ];
    const revision = await store.transaction(changes);
    const pods = changes.filter(({ kind, resource }) => resource === PODS && kind !== "delete");
    this.#written.set(key, { revision, pods: pods.map(({ object }) => keyOf(object)) });
    return created;
  }

  async #remove(job: Job, pod: Pod, forget: boolean): Promise<void> {
    const { store } = this.#world;
    const { namespace = "", name, uid = "" } = pod.metadata;
    if (forget) {
      await ifThere(
        store.modify(PODS, namespace, name, (each) =>
          each.metadata.uid === uid ? withoutFinalizer(each) : undefined,
        ),
      );
    }
    const gone = await ifThere(store.delete(PODS, namespace, name, { uid }));
    if (gone === undefined) return;
    const message = `Deleted pod: ${name}`;
    this.#recorder.record(job, [{ type: "Normal", reason: "SuccessfulDelete", message }]);
  }
}

/** Takes the finalizer off; a pod that waited for nothing else vanishes with it. */
function releaseChange(pod: Pod): Change {
  const object = structuredClone(withoutFinalizer(pod));
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  const gone = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0;
  return { kind: gone && finalizers.length === 0 ? "delete" : "update", resource: PODS, object };
}
