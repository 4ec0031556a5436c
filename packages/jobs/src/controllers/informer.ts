import { type Clock, type Logger, sleep } from "@nodetcd/runtime";
import { controllerOf, type KubeObject } from "../objects/meta.ts";
import type { Resource } from "../objects/resource.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { RELIST_MS } from "../limits.ts";

/** `namespace/name`, or the name alone. */
export function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined || metadata.namespace === ""
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

/** What is known of an object now, and what was before; one of them may be missing. */
export type ChangeHandler<T> = (now: T | undefined, before: T | undefined) => void;

/** What informers and controllers need of the store. */
export type Store = Pick<
  ObjectStore,
  | "complete"
  | "create"
  | "createAll"
  | "delete"
  | "find"
  | "list"
  | "listNames"
  | "modify"
  | "modifyRead"
  | "transaction"
  | "watch"
>;

export interface InformerOptions<T extends KubeObject> {
  readonly store: Store;
  readonly resource: Resource<T>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly fieldSelector?: string;
}

/**
 * All objects of a resource in memory, kept up to date by a watch. Objects that are given out are shared:
 * copy before changing.
 */
export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions<T>;
  readonly #objects = new Map<string, T>();
  /** Objects by the uids of their owners. */
  readonly #byOwner = new Map<string, Map<string, T>>();
  readonly #handlers: ChangeHandler<T>[] = [];
  /** Objects that nobody controls. */
  readonly #orphans = new Map<string, T>();
  #revision = 0;
  #markSynced: () => void = () => undefined;
  /** Resolves once the first list is in. */
  readonly synced: Promise<void>;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
  }

  /** Is told of every change, the objects of the first list included. */
  onChange(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler);
  }

  /** Tells the handlers of all objects that are there. */
  replay(): void {
    for (const object of this.#objects.values()) {
      for (const handler of this.#handlers) handler(object, undefined);
    }
  }

  /** Changes up to this revision are in. It only says what this informer has seen itself. */
  get revision(): number {
    return this.#revision;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  ownedBy(uid: string): T[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  orphans(): IterableIterator<T> {
    return this.#orphans.values();
  }

  /** Lists and watches until the signal is aborted; never fails. */
  async run(): Promise<void> {
    const { signal, logger, clock, resource } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#listAndWatch();
      } catch (error) {
        if (signal.aborted) return;
        logger.warn("list and watch failed, going on", {
          resource: resource.plural,
          error: String(error),
        });
        await sleep(clock, RELIST_MS);
      }
    }
  }

  async #listAndWatch(): Promise<void> {
    const { store, resource, signal, fieldSelector } = this.#options;
    const selection = fieldSelector === undefined ? {} : { fieldSelector };
    const list = await store.list(resource, selection);
    const there = new Set(list.items.map(keyOf));
    for (const object of list.items) this.#put(object);
    for (const [key, object] of this.#objects) if (!there.has(key)) this.#remove(key, object);
    this.#revision = Math.max(this.#revision, Number(list.resourceVersion));
    this.#markSynced();
    const fromRevision = Number(list.resourceVersion);
    for await (const event of store.watch(resource, { ...selection, fromRevision, signal })) {
      if (event.type === "BOOKMARK") continue;
      const { object } = event;
      this.#revision = Math.max(this.#revision, Number(object.metadata.resourceVersion));
      if (event.type === "DELETED") this.#remove(keyOf(object), object);
      else this.#put(object);
    }
  }

  #put(object: T): void {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#objects.set(key, object);
    if (before !== undefined) this.#forgetOwners(key, before);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owned = this.#byOwner.get(uid) ?? new Map<string, T>();
      this.#byOwner.set(uid, owned.set(key, object));
    }
    if (controllerOf(object) === undefined) this.#orphans.set(key, object);
    for (const handler of this.#handlers) handler(object, before);
  }

  #remove(key: string, last: T): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    this.#forgetOwners(key, before);
    for (const handler of this.#handlers) handler(undefined, last);
  }

  #forgetOwners(key: string, object: T): void {
    this.#orphans.delete(key);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owned = this.#byOwner.get(uid);
      owned?.delete(key);
      if (owned?.size === 0) this.#byOwner.delete(uid);
    }
  }
}
