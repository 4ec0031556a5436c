import type { Client } from "@nodetcd/client";
import type { Runtime } from "@nodetcd/runtime";
import { conflict, isReason, notFound } from "../errors.ts";
import { MODIFY_ATTEMPTS, TTL_BUCKET_SECONDS } from "../limits.ts";
import { canonical } from "../objects/canonical.ts";
import type { KubeObject } from "../objects/meta.ts";
import { prepareChanged } from "../objects/prepare.ts";
import type { Resource } from "../objects/resource.ts";
import { decideDelete, type DeleteOptions, isGone } from "./decide-delete.ts";
import { decodeObject, encodeObject } from "./encode.ts";
import { objectKey } from "./keys.ts";
import { listObjects, type ListOptions, type ObjectList } from "./list.ts";
import { listNames, type ObjectName } from "./list-names.ts";
import { newObject } from "./new-object.ts";
import { type Change, commitChanges } from "./transaction.ts";
import { type ObjectEvent, watchObjects, type WatchOptions } from "./watch.ts";

export interface ObjectStoreOptions {
  /** Stays the caller's: closed by whoever made it. */
  client: Client;
  runtime: Pick<Runtime, "clock" | "random">;
  /** What all keys begin with. Default `/registry`, as Kubernetes has it. */
  prefix?: string;
}

export interface Deletion<T extends KubeObject> {
  /** As it was, or as it now waits for finalizers or for its processes. */
  object: T;
  /** False while it waits. */
  gone: boolean;
}

/**
 * Kubernetes' objects in etcd. Objects that are given out belong to the caller. Every failure that a caller can cause
 * is an `ApiError`; etcd's own are `EtcdError`.
 */
export class ObjectStore {
  readonly client: Client;
  readonly runtime: Pick<Runtime, "clock" | "random">;
  /** What all keys begin with, without a slash at its end. */
  readonly prefix: string;
  #expiry:
    | { readonly until: number; readonly seconds: number; readonly lease: Promise<bigint> }
    | undefined;

  constructor({ client, runtime, prefix = "/registry" }: ObjectStoreOptions) {
    this.client = client;
    this.runtime = runtime;
    this.prefix = prefix;
  }

  /** Raises `NotFound`. */
  async get<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    name: string,
  ): Promise<T> {
    const object = await this.find(resource, namespace, name);
    if (object === undefined) throw notFound(resource, name);
    return object;
  }

  async find<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    name: string,
  ): Promise<T | undefined> {
    const stored = await this.client.get(objectKey(this.prefix, resource, namespace, name));
    return stored === undefined ? undefined : decodeObject<T>(stored);
  }

  /**
   * Objects in the order of their namespaces and names; all pages of a list show one revision. Raises `Expired` when
   * that is compacted; the error's `continueToken` goes on with what is there now.
   */
  list<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions = {},
  ): Promise<ObjectList<T>> {
    return listObjects(this.client, this.prefix, resource, options);
  }

  /** Names, in order, of what begins so in a namespace ("": with any name in all of them); contents are not read. */
  listNames(resource: Resource, namespace: string, beginning: string): Promise<ObjectName[]> {
    return listNames(this.client, this.prefix, resource, namespace, beginning);
  }

  /**
   * Changes of a selection, each once and in order, until the loop is left or the signal aborted. Raises `Expired` when
   * `fromRevision` is compacted: list again.
   */
  watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions = {},
  ): AsyncGenerator<ObjectEvent<T>, void, undefined> {
    return watchObjects(this.client, this.runtime.clock, this.prefix, resource, options);
  }

  /** What `create` would store, with uid, time and defaults; for `insert` and `transaction`. */
  complete<T extends KubeObject>(resource: Resource<T>, object: T): T {
    return newObject(this.runtime, resource, object);
  }

  /**
   * Stores a new object and gives it as stored. Raises `AlreadyExists`.
   *
   * @param ttlSeconds after about this time it vanishes by itself, as events do
   */
  create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: { ttlSeconds?: number } = {},
  ): Promise<T> {
    return this.insert(resource, this.complete(resource, object), options);
  }

  /** As `create`, for several at one revision, or none of them. At most `TRANSACTION_CHANGES_MAX`. */
  async createAll<T extends KubeObject>(
    resource: Resource<T>,
    objects: readonly T[],
    { ttlSeconds }: { ttlSeconds?: number } = {},
  ): Promise<void> {
    const lease = ttlSeconds === undefined ? {} : { lease: await this.#leaseFor(ttlSeconds) };
    const change = (object: T): Change => ({
      kind: "create",
      resource,
      object: this.complete(resource, object),
      ...lease,
    });
    await this.transaction(objects.map(change));
  }

  /** Stores what `complete` gave; see `create`. */
  async insert<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    { ttlSeconds }: { ttlSeconds?: number } = {},
  ): Promise<T> {
    const lease = ttlSeconds === undefined ? {} : { lease: await this.#leaseFor(ttlSeconds) };
    await this.transaction([{ kind: "create", resource, object, ...lease }]);
    return object;
  }

  /**
   * Puts `object` in the place of what has its `metadata.resourceVersion`, and gives it as stored. Raises `Conflict`
   * when that is no longer there as it was. An object that is being deleted and has no finalizers any more vanishes.
   */
  async update<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T> {
    const next = structuredClone(object);
    const kind = isGone(next) ? "delete" : "update";
    await this.transaction([{ kind, resource, object: next }]);
    return next;
  }

  /**
   * Reads, lets `change` make the next state, and writes it; again when somebody was faster. Nothing is written when
   * nothing differs. `change` may raise, and gets an object that it may alter and give back; `undefined` leaves it.
   * `check` may refuse the next state, which is complete then.
   */
  async modify<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    name: string,
    change: (current: T) => T | undefined | Promise<T | undefined>,
    check: (current: T, next: T) => void = () => undefined,
  ): Promise<T> {
    return await this.#modify(resource, { namespace, name }, undefined, change, check);
  }

  /**
   * As `modify`, of an object that was read before: when it is still as it was, that saves a read. What `change` decides
   * not to do was decided by what was read, too.
   */
  async modifyRead<T extends KubeObject>(
    resource: Resource<T>,
    read: T,
    change: (current: T) => T | undefined,
  ): Promise<T> {
    return await this.#modify(resource, read.metadata, read, change, () => undefined);
  }

  async #modify<T extends KubeObject>(
    resource: Resource<T>,
    { namespace = "", name }: { readonly namespace?: string; readonly name: string },
    read: T | undefined,
    change: (current: T) => T | undefined | Promise<T | undefined>,
    check: (current: T, next: T) => void,
  ): Promise<T> {
    for (let attempt = 1, known = read; ; attempt++, known = undefined) {
      const current = known ?? (await this.get(resource, namespace, name));
      const next = await change(structuredClone(current));
      if (next === undefined) return current;
      prepareChanged(resource, current, next);
      check(current, next);
      next.metadata.resourceVersion = current.metadata.resourceVersion ?? "";
      if (canonical(next) === canonical(current)) return current;
      try {
        return await this.update(resource, next);
      } catch (error) {
        if (!isReason(error, "Conflict") || attempt === MODIFY_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Deletes, or marks as being deleted what has finalizers or, as a pod on a node, processes to end. Dependents are
   * the garbage collector's. Raises `NotFound`, and `Conflict` when it is not the object that was meant.
   */
  async delete<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    name: string,
    options: DeleteOptions = {},
  ): Promise<Deletion<T>> {
    for (let attempt = 1; ; attempt++) {
      const object = await this.get(resource, namespace, name);
      checkPreconditions(resource, object, options);
      const next = decideDelete(resource, object, options, this.runtime.clock.wallTime());
      try {
        if (next === undefined) {
          await this.transaction([{ kind: "delete", resource, object }]);
          return { object, gone: true };
        }
        if (encodeObject(next) === encodeObject(object)) return { object, gone: false };
        return { object: await this.update(resource, next), gone: false };
      } catch (error) {
        if (!isReason(error, "Conflict") || attempt === MODIFY_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * All changes at one revision, or none. Objects that are put get that revision as their resource version, in place.
   * Raises what the first change that is not possible says.
   *
   *     const job = store.complete(JOBS, draft);
   *     await store.transaction([
   *       { kind: "create", resource: JOBS, object: job },
   *       { kind: "update", resource: CRON_JOBS, object: cronJob },
   *       { kind: "create", resource: SLOTS, object: slot },
   *     ]);
   */
  async transaction(changes: readonly Change[]): Promise<number> {
    const revision = await commitChanges(this.client, this.prefix, changes);
    for (const { kind, object } of changes) {
      if (kind !== "require") object.metadata.resourceVersion = String(revision);
    }
    return revision;
  }

  /** A lease for what expires; what is created within a minute shares one. */
  #leaseFor(seconds: number): Promise<bigint> {
    const now = this.runtime.clock.monotonic();
    if (
      this.#expiry === undefined ||
      this.#expiry.until < now ||
      this.#expiry.seconds !== seconds
    ) {
      const lease = this.client.leases.grant(seconds + TTL_BUCKET_SECONDS).then(({ id }) => id);
      const until = now + TTL_BUCKET_SECONDS * 1_000;
      this.#expiry = { until, seconds, lease };
      lease.catch(() => (this.#expiry = undefined));
    }
    return this.#expiry.lease;
  }
}

function checkPreconditions(resource: Resource, object: KubeObject, asked: DeleteOptions): void {
  const { name, uid, resourceVersion } = object.metadata;
  if (asked.uid !== undefined && asked.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${asked.uid}, UID in object meta: ${uid}`;
    throw conflict(resource, name, why);
  }
  if (asked.resourceVersion !== undefined && asked.resourceVersion !== resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${asked.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`;
    throw conflict(resource, name, why);
  }
}
