import { NODE_LOST_MS, NODE_NAMESPACE } from "../limits.ts";
import type { Node } from "../objects/core.ts";
import { timeText } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import { NODES, PODS } from "../objects/resources.ts";
import { EventRecorder } from "./event-recorder.ts";
import { ifThere } from "./if-there.ts";
import { isEnded } from "./job/pod-state.ts";
import { WorkQueue } from "./work-queue.ts";
import type { Controller, ControllerWorld } from "./world.ts";

/**
 * Watches over the workers' leases. A node whose lease has run out takes no new pods; when it stays away for
 * `NODE_LOST_MS`, its pods count as failed, so that their Jobs go on elsewhere.
 */
export class NodeController implements Controller {
  readonly #world: ControllerWorld;
  readonly #queue: WorkQueue;
  readonly #recorder: EventRecorder;
  /** Monotonic milliseconds at which each lease was first missed. */
  readonly #missing = new Map<string, number>();

  constructor(world: ControllerWorld) {
    const { clock, logger, nodes, leases } = world;
    this.#world = world;
    this.#recorder = new EventRecorder({ ...world, component: "node-controller" });
    const work = (name: string): Promise<void> => this.#sync(name);
    this.#queue = new WorkQueue({ name: "nodes", clock, logger, workers: 1, work });
    nodes.onChange((now, before) => this.#queue.add((now ?? before!).metadata.name));
    leases.onChange((now, before) => {
      const { metadata } = now ?? before!;
      if (metadata.namespace === NODE_NAMESPACE) this.#queue.add(metadata.name);
    });
  }

  get idle(): boolean {
    return this.#queue.idle && this.#recorder.idle;
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
    await this.#recorder.written();
  }

  async #sync(name: string): Promise<void> {
    const { nodes, leases, clock } = this.#world;
    const node = nodes.get(name);
    if (node === undefined || leases.get(`${NODE_NAMESPACE}/${name}`) !== undefined) {
      this.#missing.delete(name);
      return this.#queue.forget(name);
    }
    const since = this.#missing.get(name) ?? clock.monotonic();
    this.#missing.set(name, since);
    await this.#markUnready(node);
    const left = since + NODE_LOST_MS - clock.monotonic();
    if (left > 0) return this.#queue.addAfter(name, left);
    for (const pod of this.#world.pods.values()) {
      if (pod.spec.nodeName === name && !isEnded(pod)) await this.#fail(pod);
    }
    this.#queue.addAfter(name, NODE_LOST_MS);
  }

  async #markUnready(node: Node): Promise<void> {
    const { store, clock } = this.#world;
    const time = timeText(clock.wallTime());
    await ifThere(
      store.modify(NODES, "", node.metadata.name, (each) => {
        const ready = each.status?.conditions?.find(({ type }) => type === "Ready");
        if (ready?.status !== "True") return undefined;
        Object.assign(ready, {
          status: "Unknown",
          reason: "NodeStatusUnknown",
          message: "The worker's lease has run out",
          lastTransitionTime: time,
        });
        return each;
      }),
    );
  }

  async #fail(pod: Pod): Promise<void> {
    const { store, clock } = this.#world;
    const { namespace = "", name, uid } = pod.metadata;
    const lastTransitionTime = timeText(clock.wallTime());
    const message = `Node ${pod.spec.nodeName} has been away for ${NODE_LOST_MS / 1_000} s; what its processes did is not known`;
    const failed = await ifThere(
      store.modify(PODS, namespace, name, (each) => {
        if (each.metadata.uid !== uid || isEnded(each)) return undefined;
        const others = (each.status?.conditions ?? []).filter(
          ({ type }) => type !== "DisruptionTarget",
        );
        const condition = {
          type: "DisruptionTarget",
          status: "True" as const,
          reason: "NodeLost",
          message,
          lastTransitionTime,
        };
        each.status = {
          ...each.status,
          phase: "Failed",
          reason: "NodeLost",
          message,
          conditions: [...others, condition],
        };
        return each;
      }),
    );
    if (failed === undefined) return;
    this.#recorder.record(failed, [{ type: "Warning", reason: "NodeLost", message }]);
  }
}
