import { CONTROLLER_WORKERS } from "../limits.ts";
import type { KubeObject, OwnerReference } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import type { Resource } from "../objects/resource.ts";
import { CRON_JOBS, JOBS, PODS } from "../objects/resources.ts";
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from "../storage/decide-delete.ts";
import { ifThere } from "./if-there.ts";
import { type Informer, keyOf } from "./informer.ts";
import { withoutFinalizer } from "./job/claim-pods.ts";
import { isTracked } from "./job/pod-state.ts";
import { WorkQueue } from "./work-queue.ts";
import type { Controller, ControllerWorld } from "./world.ts";

/** Kinds that own others: Jobs own pods, CronJobs own Jobs. */
const OWNERS: Readonly<Record<string, Resource>> = { Job: JOBS, CronJob: CRON_JOBS };

/**
 * Deletes what belonged to an owner that is gone, and carries out how an owner is deleted: its dependents
 * before it (`foregroundDeletion`), or left as nobody's (`orphan`).
 */
export class GarbageCollector implements Controller {
  readonly #world: ControllerWorld;
  readonly #queue: WorkQueue;
  readonly #kinds: ReadonlyMap<string, { resource: Resource; informer: Informer<KubeObject> }>;

  constructor(world: ControllerWorld) {
    const { clock, logger, pods, jobs, cronJobs } = world;
    this.#world = world;
    this.#kinds = new Map<string, { resource: Resource; informer: Informer<KubeObject> }>([
      ["Pod", { resource: PODS, informer: pods as unknown as Informer<KubeObject> }],
      ["Job", { resource: JOBS, informer: jobs as unknown as Informer<KubeObject> }],
      ["CronJob", { resource: CRON_JOBS, informer: cronJobs as unknown as Informer<KubeObject> }],
    ]);
    const work = (key: string): Promise<void> => this.#sync(key);
    this.#queue = new WorkQueue({
      name: "garbage",
      clock,
      logger,
      workers: CONTROLLER_WORKERS,
      work,
    });
    for (const [kind, { informer }] of this.#kinds) {
      informer.onChange((now, before) => this.#changed(kind, now, before));
    }
  }

  get idle(): boolean {
    return this.#queue.idle;
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  #changed(kind: string, now: KubeObject | undefined, before: KubeObject | undefined): void {
    const object = now ?? before!;
    const namespace = object.metadata.namespace ?? "";
    if (now === undefined) {
      for (const [each, { informer }] of this.#kinds) {
        for (const owned of informer.ownedBy(object.metadata.uid ?? "")) {
          this.#queue.add(`${each}/${keyOf(owned)}`);
        }
      }
    } else if ((now.metadata.ownerReferences ?? []).length > 0 || isGoing(now) || kind === "Pod") {
      this.#queue.add(`${kind}/${keyOf(now)}`);
    }
    // An owner that waits for its dependents: this may have been the last.
    for (const owner of object.metadata.ownerReferences ?? []) {
      if (OWNERS[owner.kind] !== undefined)
        this.#queue.add(`${owner.kind}/${namespace}/${owner.name}`);
    }
  }

  async #sync(key: string): Promise<void> {
    const [kind = "", ...rest] = key.split("/");
    const found = this.#kinds.get(kind);
    const object = found?.informer.get(rest.join("/"));
    if (found === undefined || object === undefined) return this.#queue.forget(key);
    if (isGoing(object)) await this.#finish(found.resource, object);
    await this.#checkOwners(found.resource, object);
    if (kind === "Pod") await this.#releaseOrphan(object as Pod);
  }

  /** Carries out the finalizers of an owner that is being deleted. */
  async #finish(resource: Resource, owner: KubeObject): Promise<void> {
    const { finalizers = [], uid = "" } = owner.metadata;
    if (finalizers.includes(ORPHAN_FINALIZER)) {
      for (const { resource: kind, informer } of this.#kinds.values()) {
        for (const owned of informer.ownedBy(uid)) await this.#disown(kind, owned, uid);
      }
      await this.#dropFinalizer(resource, owner, ORPHAN_FINALIZER);
    } else if (finalizers.includes(FOREGROUND_FINALIZER)) {
      let blocking = 0;
      for (const { resource: kind, informer } of this.#kinds.values()) {
        for (const owned of informer.ownedBy(uid)) {
          if (refersTo(owned, uid)?.blockOwnerDeletion === true) blocking++;
          if (!isGoing(owned)) await this.#delete(kind, owned, "Foreground");
        }
      }
      if (blocking === 0) await this.#dropFinalizer(resource, owner, FOREGROUND_FINALIZER);
    }
  }

  /** Deletes the object when all its owners are gone; else takes those off that are. */
  async #checkOwners(resource: Resource, object: KubeObject): Promise<void> {
    const { ownerReferences = [], namespace = "" } = object.metadata;
    if (ownerReferences.length === 0 || isGoing(object)) return;
    const gone: OwnerReference[] = [];
    for (const owner of ownerReferences) {
      if (await this.#isGone(owner, namespace)) gone.push(owner);
    }
    if (gone.length === 0) return;
    if (gone.length === ownerReferences.length) return this.#delete(resource, object, "Background");
    for (const { uid } of gone) await this.#disown(resource, object, uid);
  }

  async #isGone(owner: OwnerReference, namespace: string): Promise<boolean> {
    const resource = OWNERS[owner.kind];
    const informer = this.#kinds.get(owner.kind)?.informer;
    // An owner of a kind that is not known here may live elsewhere.
    if (resource === undefined || informer === undefined) return false;
    if (informer.get(`${namespace}/${owner.name}`)?.metadata.uid === owner.uid) return false;
    // What is known here may be old; the store's own word counts.
    const current = await this.#world.store.find(resource, namespace, owner.name);
    return current?.metadata.uid !== owner.uid;
  }

  /** A pod that is counted by no Job any more does not wait for one. */
  async #releaseOrphan(pod: Pod): Promise<void> {
    if (!isTracked(pod)) return;
    const { namespace = "", name, uid, ownerReferences = [] } = pod.metadata;
    const owner = jobOf(ownerReferences);
    if (owner !== undefined && !(await this.#isGone(owner, namespace))) return;
    const { store } = this.#world;
    await ifThere(
      store.modify(PODS, namespace, name, (each) => {
        // A Job may have adopted it meanwhile: then it is counted again.
        const same = jobOf(each.metadata.ownerReferences ?? [])?.uid === owner?.uid;
        return each.metadata.uid === uid && same ? withoutFinalizer(each) : undefined;
      }),
    );
  }

  async #delete(
    resource: Resource,
    object: KubeObject,
    propagationPolicy: "Background" | "Foreground",
  ): Promise<void> {
    const { namespace = "", name, uid = "" } = object.metadata;
    await ifThere(this.#world.store.delete(resource, namespace, name, { propagationPolicy, uid }));
  }

  async #disown(resource: Resource, object: KubeObject, owner: string): Promise<void> {
    await this.#change(resource, object, (each) => {
      const owners = (each.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner);
      if (owners.length > 0) each.metadata.ownerReferences = owners;
      else delete each.metadata.ownerReferences;
    });
  }

  async #dropFinalizer(resource: Resource, object: KubeObject, finalizer: string): Promise<void> {
    await this.#change(resource, object, (each) => {
      const finalizers = (each.metadata.finalizers ?? []).filter((name) => name !== finalizer);
      if (finalizers.length > 0) each.metadata.finalizers = finalizers;
      else delete each.metadata.finalizers;
    });
  }

  async #change(
    resource: Resource,
    object: KubeObject,
    change: (copy: KubeObject) => void,
  ): Promise<void> {
    const { namespace = "", name, uid } = object.metadata;
    await ifThere(
      this.#world.store.modify(resource, namespace, name, (each) => {
        if (each.metadata.uid !== uid) return undefined;
        change(each);
        return each;
      }),
    );
  }
}

function jobOf(owners: readonly OwnerReference[]): OwnerReference | undefined {
  return owners.find(({ kind, controller }) => kind === "Job" && controller === true);
}

function isGoing({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function refersTo({ metadata }: KubeObject, uid: string): OwnerReference | undefined {
  return metadata.ownerReferences?.find((reference) => reference.uid === uid);
}
