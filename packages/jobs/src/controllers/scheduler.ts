import { type Condition, timeText } from "../objects/meta.ts";
import type { Node } from "../objects/core.ts";
import type { Pod } from "../objects/pod.ts";
import { PODS } from "../objects/resources.ts";
import { CONTROLLER_WORKERS } from "../limits.ts";
import { EventRecorder } from "./event-recorder.ts";
import { ifThere } from "./if-there.ts";
import { keyOf } from "./informer.ts";
import { isEnded, podCondition } from "./job/pod-state.ts";
import { WorkQueue } from "./work-queue.ts";
import type { Controller, ControllerWorld } from "./world.ts";

/** Binds pods to ready nodes: of those that a pod's node selector allows, the one with the fewest pods. */
export class Scheduler implements Controller {
  readonly #world: ControllerWorld;
  readonly #queue: WorkQueue;
  readonly #recorder: EventRecorder;
  /** Pods that run or wait on each node, with those that were just bound. */
  readonly #load = new Map<string, Set<string>>();

  constructor(world: ControllerWorld) {
    const { clock, logger, pods, nodes, leases } = world;
    this.#world = world;
    this.#recorder = new EventRecorder({ ...world, component: "default-scheduler" });
    const work = (key: string): Promise<void> => this.#sync(key);
    this.#queue = new WorkQueue({ name: "pods", clock, logger, workers: CONTROLLER_WORKERS, work });
    pods.onChange((now, before) => {
      for (const pod of [before, now]) if (pod !== undefined) this.#count(pod, pod === now);
      if (now !== undefined && isUnbound(now)) this.#queue.add(keyOf(now));
    });
    // A node that has come may take what found no place before.
    const retry = (): void => {
      for (const pod of pods.values()) if (isUnbound(pod)) this.#queue.add(keyOf(pod));
    };
    nodes.onChange(retry);
    leases.onChange(retry);
  }

  get idle(): boolean {
    return this.#queue.idle && this.#recorder.idle;
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
    await this.#recorder.written();
  }

  #count(pod: Pod, there: boolean): void {
    const { nodeName = "" } = pod.spec;
    if (nodeName === "") return;
    const load = this.#load.get(nodeName) ?? new Set();
    this.#load.set(nodeName, load);
    if (there && !isEnded(pod)) load.add(keyOf(pod));
    else load.delete(keyOf(pod));
  }

  async #sync(key: string): Promise<void> {
    const { pods, clock } = this.#world;
    const pod = pods.get(key);
    if (pod === undefined || !isUnbound(pod)) return this.#queue.forget(key);
    const node = this.#choose(pod);
    if (node === undefined) return this.#tellUnschedulable(pod);
    const { name } = node.metadata;
    const load = this.#load.get(name) ?? new Set();
    this.#load.set(name, load.add(key));
    const now = timeText(clock.wallTime());
    const bound = await ifThere(
      this.#change(pod, (each) => {
        each.spec.nodeName = name;
        setCondition(each, { type: "PodScheduled", status: "True", lastTransitionTime: now });
      }),
    );
    if (bound === undefined) return void load.delete(key);
    const message = `Successfully assigned ${keyOf(pod)} to ${name}`;
    this.#recorder.record(bound, [{ type: "Normal", reason: "Scheduled", message }]);
  }

  #change(pod: Pod, change: (copy: Pod) => void): Promise<Pod> {
    const { uid } = pod.metadata;
    return this.#world.store.modifyRead(PODS, pod, (each) => {
      if (each.metadata.uid !== uid || !isUnbound(each)) return undefined;
      change(each);
      return each;
    });
  }

  #choose(pod: Pod): Node | undefined {
    const fits = [...this.#world.nodes.values()].filter(
      (node) => isUsable(node) && matches(pod, node),
    );
    const load = ({ metadata }: Node): number => this.#load.get(metadata.name)?.size ?? 0;
    return fits.sort((a, b) => load(a) - load(b))[0];
  }

  async #tellUnschedulable(pod: Pod): Promise<void> {
    const { nodes, clock } = this.#world;
    const count = [...nodes.values()].length;
    const message = `0/${count} nodes are available: none is ready and has the labels of the pod's node selector.`;
    if (podCondition(pod, "PodScheduled")?.message === message) return;
    const changed = await ifThere(
      this.#change(pod, (each) =>
        setCondition(each, {
          type: "PodScheduled",
          status: "False",
          reason: "Unschedulable",
          message,
          lastTransitionTime: timeText(clock.wallTime()),
        }),
      ),
    );
    if (changed === undefined) return;
    this.#recorder.record(changed, [{ type: "Warning", reason: "FailedScheduling", message }]);
  }
}

function isUnbound(pod: Pod): boolean {
  const { nodeName = "", schedulingGates = [] } = pod.spec;
  const going = pod.metadata.deletionTimestamp !== undefined;
  return nodeName === "" && schedulingGates.length === 0 && !isEnded(pod) && !going;
}

function isUsable({ spec, status }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" && spec?.unschedulable !== true;
}

function matches({ spec }: Pod, { metadata }: Node): boolean {
  return Object.entries(spec.nodeSelector ?? {}).every(
    ([name, value]) => metadata.labels?.[name] === value,
  );
}

function setCondition(pod: Pod, condition: Condition): void {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  pod.status = {
    ...pod.status,
    phase: pod.status?.phase ?? "Pending",
    conditions: [...others, condition],
  };
}
