import { type Clock, type Logger, type Random, type Timer } from "@nodetcd/runtime";
import { EventRecorder } from "../controllers/event-recorder.ts";
import { ifThere } from "../controllers/if-there.ts";
import { Informer, type Store } from "../controllers/informer.ts";
import type { PlannedEvent } from "../controllers/planned-event.ts";
import { WorkQueue } from "../controllers/work-queue.ts";
import { LOG_POLL_MS, PROCESS_POLL_MS } from "../limits.ts";
import type { Pod } from "../objects/pod.ts";
import { CONFIG_MAPS, PODS, SECRETS } from "../objects/resources.ts";
import type { Sources } from "./environment.ts";
import { podStatus } from "./pod-status.ts";
import type { PodLook, PodRun } from "./process/run-pod.ts";

const WORKERS = 16;

export interface WorkerWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly nodeName: string;
  readonly hostIP: string;
  /** False while the node's lease is lost. */
  readonly mayStart: () => boolean;
  readonly open: (pod: Pod, sources: Sources, onChange: () => void) => PodRun;
  /** Uids of the pods of which something is kept here from before. */
  readonly known: () => readonly string[];
  /** Ends what is left of a pod of which nothing but its uid is known. */
  readonly endUnknown: (uid: string) => void;
}

/** Runs the pods that are bound to this node. */
export class Worker {
  readonly #world: WorkerWorld;
  readonly #pods: Informer<Pod>;
  readonly #ending = new AbortController();
  readonly #queue: WorkQueue;
  readonly #recorder: EventRecorder;
  readonly #runs = new Map<string, PodRun>();
  /** Pods by uid: names may come again. */
  readonly #byUid = new Map<string, Pod>();
  #running: Promise<void> | undefined;
  #logTimer: Timer | undefined;

  constructor(world: WorkerWorld) {
    const { store, clock, logger, nodeName } = world;
    this.#world = world;
    const { signal } = this.#ending;
    const fieldSelector = `spec.nodeName=${nodeName}`;
    this.#pods = new Informer<Pod>({ store, resource: PODS, clock, logger, signal, fieldSelector });
    this.#recorder = new EventRecorder({ ...world, component: "worker", host: nodeName });
    const work = (uid: string): Promise<void> => this.#sync(uid);
    this.#queue = new WorkQueue({ name: "node", clock, logger, workers: WORKERS, work });
    this.#pods.onChange((now, before) => this.#changed(now, before));
  }

  async start(): Promise<void> {
    this.#running = this.#pods.run();
    await this.#pods.synced;
    for (const uid of this.#world.known()) if (!this.#byUid.has(uid)) this.#world.endUnknown(uid);
    const { clock } = this.#world;
    this.#logTimer = clock.setRepeating(LOG_POLL_MS, () => this.#collectLogs());
  }

  /** Whether the store knows a pod of this uid on this node. */
  has(uid: string): boolean {
    return this.#byUid.has(uid);
  }

  /** Processes go on; the next worker finds them. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#logTimer?.cancel();
    await this.#queue.stop();
    await this.#recorder.written();
    await this.#running;
  }

  #changed(now: Pod | undefined, before: Pod | undefined): void {
    for (const pod of [before, now]) {
      const uid = pod?.metadata.uid;
      if (pod === undefined || uid === undefined) continue;
      if (pod === now) this.#byUid.set(uid, pod);
      else if (now?.metadata.uid !== uid) this.#byUid.delete(uid);
      this.#queue.add(uid);
    }
  }

  #collectLogs(): void {
    const now = this.#world.clock.wallTime();
    for (const run of this.#runs.values()) run.collectLogs(now);
  }

  async #sync(uid: string): Promise<void> {
    const { clock } = this.#world;
    const pod = this.#byUid.get(uid);
    const now = clock.wallTime();
    if (pod === undefined) return this.#bury(uid, now);
    const phase = pod.status?.phase;
    if (phase === "Succeeded" || phase === "Failed") return await this.#finish(uid, pod, now);
    const run = this.#runOf(uid, pod);
    const look = await run.look(pod, now, this.#world.mayStart());
    this.#tell(pod, look);
    await this.#report(pod, look, now);
    if (look.plan.finished && pod.metadata.deletionTimestamp !== undefined)
      return await this.#finish(uid, pod, now);
    const running = look.views.some((view) => view.running !== undefined);
    const againAt = look.plan.againAt ?? Infinity;
    const left = againAt - clock.wallTime();
    // Processes that an earlier worker has started tell nobody when they end.
    if (running) this.#queue.addAfter(uid, Math.max(1, Math.min(left, PROCESS_POLL_MS)));
    else if (left !== Infinity) this.#queue.addAfter(uid, Math.max(1, left));
    else if (!this.#world.mayStart()) this.#queue.addAfter(uid, PROCESS_POLL_MS);
  }

  #runOf(uid: string, pod: Pod): PodRun {
    const known = this.#runs.get(uid);
    if (known !== undefined) return known;
    const run = this.#world.open(pod, this.#sources(pod), () => this.#queue.add(uid));
    this.#runs.set(uid, run);
    return run;
  }

  #sources({ metadata }: Pod): Sources {
    const { store } = this.#world;
    const { namespace = "" } = metadata;
    return {
      configMap: (name) => store.find(CONFIG_MAPS, namespace, name),
      secret: (name) => store.find(SECRETS, namespace, name),
    };
  }

  /** The pod is not there any more: nothing of it may run. */
  #bury(uid: string, now: number): void {
    const run = this.#runs.get(uid);
    if (run === undefined) {
      this.#world.endUnknown(uid);
      return this.#queue.forget(uid);
    }
    if (run.killAll(now)) return this.#queue.addAfter(uid, PROCESS_POLL_MS);
    run.dropVolumes();
    this.#runs.delete(uid);
    this.#queue.forget(uid);
  }

  /** The pod has ended; when it is being deleted as well, this is the last word. */
  async #finish(uid: string, pod: Pod, now: number): Promise<void> {
    const run = this.#runOf(uid, pod);
    if (run.killAll(now)) return this.#queue.addAfter(uid, PROCESS_POLL_MS);
    run.dropVolumes();
    const { deletionTimestamp, deletionGracePeriodSeconds, namespace = "", name } = pod.metadata;
    if (deletionTimestamp === undefined || deletionGracePeriodSeconds === 0) return;
    await ifThere(this.#world.store.delete(PODS, namespace, name, { gracePeriodSeconds: 0, uid }));
  }

  async #report(pod: Pod, look: PodLook, now: number): Promise<void> {
    const { store, hostIP } = this.#world;
    const { uid } = pod.metadata;
    const status = (each: Pod) => podStatus({ pod: each, ...look, now, hostIP });
    if (JSON.stringify(status(pod)) === JSON.stringify(pod.status)) return;
    await ifThere(
      store.modifyRead(PODS, pod, (each) => {
        const ended = each.status?.phase === "Succeeded" || each.status?.phase === "Failed";
        // Somebody has decided meanwhile that it has failed: that stands.
        if (each.metadata.uid !== uid || ended) return undefined;
        return { ...each, status: status(each) };
      }),
    );
  }

  #tell(pod: Pod, { started, killing, unlimited }: PodLook): void {
    const events: PlannedEvent[] = [
      ...started.map((name) => ({
        type: "Normal" as const,
        reason: "Started",
        message: `Started container ${name}`,
      })),
      ...killing.map((name) => ({
        type: "Normal" as const,
        reason: "Killing",
        message: `Stopping container ${name}`,
      })),
      ...unlimited.map((name) => ({
        type: "Warning" as const,
        reason: "LimitsNotKept",
        message: `Container ${name} runs without its limits: this worker may not make control groups`,
      })),
    ];
    if (events.length > 0) this.#recorder.record(pod, events);
  }
}
