import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "../../objects/pod.ts";
import type { RuntimeName } from "../../parts.ts";
import { commandOf } from "../command.ts";
import { ConfigProblem, type Sources } from "../environment.ts";
import { type ContainerView, planPod, type PodPlan } from "../plan-pod.ts";
import type { PodFailure } from "../pod-status.ts";
import type { ControlGroups } from "./control-groups.ts";
import { ContainerRuns } from "./container-runs.ts";
import { Readiness } from "./readiness.ts";
import { type Engine, engineRequest } from "./container-engine.ts";
import {
  requestFor,
  type Surroundings,
  surroundingsOf,
  whyNotExecutable,
  withTerminationLog,
} from "./start-container.ts";

/** A supervisor takes so long to begin, or longer. */
const STARTING_MS = 20;
const CONFIG_RETRY_MS = 5_000;

export interface PodRunOptions {
  readonly folder: string;
  readonly sources: Sources;
  readonly restartMs: number | undefined;
  /** Undefined where limits cannot be kept. */
  readonly groups: ControlGroups | undefined;
  /** Of pods that ask for none. */
  readonly runtimeName: RuntimeName;
  /** Something has ended: look again. */
  readonly onChange: () => void;
}

/** What a look at a pod has found and done. */
export interface PodLook {
  readonly views: readonly ContainerView[];
  readonly plan: PodPlan;
  readonly failure: PodFailure | undefined;
  readonly started: readonly string[];
  readonly killing: readonly string[];
  /** Containers that run without the limits that they have. */
  readonly unlimited: readonly string[];
}

/** One pod's processes on this machine. All that has to survive this process is in files. */
export class PodRun {
  readonly #options: PodRunOptions;
  readonly #containers: readonly ContainerRuns[];
  #failure: PodFailure | undefined;

  constructor(pod: Pod, options: PodRunOptions) {
    const { folder, groups } = options;
    this.#options = options;
    const known = existsSync(join(folder, "pod.json"));
    const { containers, initContainers = [] } = pod.spec;
    this.#containers = [
      ...initContainers.map((container) => new ContainerRuns(folder, container, true, groups)),
      ...containers.map((container) => new ContainerRuns(folder, container, false, groups)),
    ];
    if (!known && hasBegun(pod)) {
      const message = "The pod had begun on this node, and what was known of its processes is gone";
      this.#failure = { reason: "ContainerStatusUnknown", message };
    }
    if (known) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { name, namespace } = pod.metadata;
    writeFileSync(join(folder, "pod.json"), JSON.stringify({ name, namespace }));
  }

  /** Looks what is so, starts and ends what has to be, and looks again. */
  async look(pod: Pod, now: number, mayStart: boolean): Promise<PodLook> {
    this.#checkDeadline(pod, now);
    const { restartMs } = this.#options;
    const options = {
      stopping: this.#failure !== undefined,
      ...(restartMs === undefined ? {} : { restartMs }),
    };
    const first = planPod(pod, this.#views(now), now, options);
    if (options.stopping || pod.metadata.deletionTimestamp !== undefined) this.#refuseStarts();
    await this.#askReadiness(pod, now);
    const started: string[] = [];
    const killing: string[] = [];
    for (const { name, how } of first.end) {
      if (this.#end(name, how)) killing.push(name);
    }
    for (const name of mayStart ? first.start : []) {
      const runs = this.#container(name);
      if (!runs.starting && (await this.#start(pod, runs))) started.push(name);
    }
    // Asked before the look: what begins between the two is either seen by it, or looked at again.
    const isStarting = this.#containers.some(({ starting }) => starting);
    const views = this.#views(now);
    const plan = planPod(pod, views, now, options);
    const againAt = this.#againAt(plan, isStarting, now);
    const unlimited = started.filter((name) => !this.#container(name).isLimited);
    return {
      views,
      plan: { ...plan, againAt },
      failure: this.#failure,
      started,
      killing,
      unlimited,
    };
  }

  #againAt({ againAt }: PodPlan, isStarting: boolean, now: number): number | undefined {
    const times = [againAt ?? Infinity];
    if (isStarting) times.push(now + STARTING_MS);
    if (this.#containers.some(({ problem }) => problem !== undefined))
      times.push(now + CONFIG_RETRY_MS);
    const soonest = Math.min(...times);
    return soonest === Infinity ? undefined : soonest;
  }

  #views(now: number): ContainerView[] {
    return this.#containers.map((container) => container.view(now));
  }

  #container(name: string): ContainerRuns {
    return this.#containers.find(({ container }) => container.name === name)!;
  }

  #checkDeadline(pod: Pod, now: number): void {
    const { activeDeadlineSeconds: seconds } = pod.spec;
    const { startTime } = pod.status ?? {};
    if (seconds === undefined || startTime === undefined) return;
    if (now < Date.parse(startTime) + seconds * 1_000) return;
    const message = "Pod was active on the node longer than the specified deadline";
    this.#failure ??= { reason: "DeadlineExceeded", message };
  }

  async #start(pod: Pod, runs: ContainerRuns): Promise<boolean> {
    const { folder, sources, onChange, runtimeName } = this.#options;
    try {
      const { container } = runs;
      const around = await surroundingsOf(pod, container, folder, sources, runtimeName);
      const { environment, where, engine } = around;
      if (engine !== undefined) return this.#startByEngine(engine, around, runs);
      const command = commandOf(container, environment);
      runs.problem = undefined;
      const attempt = runs.prepareNext();
      const program = command[0] ?? "";
      // With volumes it may be in one of them.
      const why =
        where.binds.length > 0 ? undefined : whyNotExecutable(program, environment["PATH"] ?? "");
      if (why !== undefined) {
        const message = `failed to start container "${container.name}": ${why}`;
        runs.refuse(attempt, "StartError", message);
        return false;
      }
      runs.start(
        attempt,
        requestFor(command, withTerminationLog(around, container, attempt), attempt),
        onChange,
      );
      return true;
    } catch (error) {
      if (!(error instanceof ConfigProblem)) throw error;
      runs.problem = { reason: error.reason, message: error.message };
      return false;
    }
  }

  #startByEngine(engine: Engine, around: Surroundings, runs: ContainerRuns): boolean {
    const { container } = runs;
    const attempt = runs.prepareNext();
    const { environment, where } = withTerminationLog(around, container, attempt);
    const run = { ...where, name: attempt.group, container, environment };
    const request = engineRequest(engine, run);
    runs.problem = undefined;
    attempt.runsBy(engine);
    runs.start(attempt, request, this.#options.onChange);
    return true;
  }

  async #askReadiness(pod: Pod, now: number): Promise<void> {
    const { folder, sources, onChange, runtimeName } = this.#options;
    for (const runs of this.#containers) {
      const { current, container, probing } = runs;
      const command = container.readinessProbe?.exec?.command;
      if (command === undefined || current?.state().kind !== "running") continue;
      if (probing === undefined) {
        const around = await surroundingsOf(pod, container, folder, sources, runtimeName);
        const request = requestFor(command, around, current);
        runs.probing = new Readiness(
          container.readinessProbe ?? {},
          request,
          current.folder,
          now,
          onChange,
        );
      }
      runs.probing?.tick(now);
    }
  }

  /** True when it is the first time that the container is told to end. */
  #end(name: string, how: "term" | "kill"): boolean {
    const runs = this.#container(name);
    const { current, count } = runs;
    const first = runs.asked !== count;
    runs.asked = count;
    if (how === "kill") current?.kill();
    else if (first) current?.terminate();
    return first;
  }

  /** True while something runs. */
  collectLogs(now: number): boolean {
    let running = false;
    for (const runs of this.#containers) {
      if (runs.current?.state().kind !== "running") continue;
      running = true;
      runs.collect(now);
    }
    return running;
  }

  /** Kills everything at once; for a pod that is not there any more. */
  killAll(now: number): boolean {
    this.#refuseStarts();
    const running = this.#views(now).filter((view) => view.running !== undefined);
    for (const { container } of running) this.#container(container.name).current?.kill();
    return running.length > 0;
  }

  /** Takes away what was prepared: a supervisor that an earlier worker has sent may still come for it. */
  #refuseStarts(): void {
    for (const { current } of this.#containers) {
      if (current?.state().kind === "prepared") current.refuse();
    }
  }

  /** The volumes go; logs stay. */
  dropVolumes(): void {
    rmSync(join(this.#options.folder, "volumes"), { recursive: true, force: true });
    rmSync(join(this.#options.folder, "root"), { recursive: true, force: true });
  }
}

function hasBegun({ status }: Pod): boolean {
  const { containerStatuses = [], initContainerStatuses = [] } = status ?? {};
  return [...containerStatuses, ...initContainerStatuses].some(
    ({ state, restartCount }) =>
      restartCount > 0 || state?.running !== undefined || state?.terminated !== undefined,
  );
}

/** Uids of the pods of which something is kept below this folder. */
export function knownPods(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
