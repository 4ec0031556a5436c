import { NAMESPACE_RECHECK_MS } from "../limits.ts";
import { NAMESPACES, RESOURCES } from "../objects/resources.ts";
import { ifThere } from "./if-there.ts";
import { WorkQueue } from "./work-queue.ts";
import type { Controller, ControllerWorld } from "./world.ts";

/** Deletes what is in a namespace that is being deleted, and lets the namespace go when nothing is left. */
export class NamespaceController implements Controller {
  readonly #world: ControllerWorld;
  readonly #queue: WorkQueue;

  constructor(world: ControllerWorld) {
    const { clock, logger, namespaces } = world;
    this.#world = world;
    const work = (name: string): Promise<void> => this.#sync(name);
    this.#queue = new WorkQueue({ name: "namespaces", clock, logger, workers: 2, work });
    namespaces.onChange((now, before) => {
      if (now === undefined) this.#queue.forget(before!.metadata.name);
      else if (now.metadata.deletionTimestamp !== undefined) this.#queue.add(now.metadata.name);
    });
  }

  get idle(): boolean {
    return this.#queue.idle;
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #sync(name: string): Promise<void> {
    const { store, namespaces } = this.#world;
    if (namespaces.get(name) === undefined) return;
    let left = 0;
    // Owners first, so that nobody makes what has just been deleted anew; events last.
    for (const resource of RESOURCES.toReversed()) {
      if (!resource.namespaced) continue;
      const { items } = await store.list(resource, { namespace: name });
      for (const { metadata } of items) {
        const { uid = "" } = metadata;
        if (metadata.deletionTimestamp === undefined) {
          const options = { propagationPolicy: "Background" as const, uid };
          await ifThere(store.delete(resource, name, metadata.name, options));
        }
        left++;
      }
    }
    if (left > 0) return this.#queue.addAfter(name, NAMESPACE_RECHECK_MS);
    await ifThere(
      store.modify(NAMESPACES, "", name, (namespace) => ({
        ...namespace,
        spec: { finalizers: [] },
      })),
    );
  }
}
