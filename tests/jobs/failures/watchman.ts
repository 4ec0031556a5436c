/** Looks again and again whether processes of pods run that are not there any more, or have ended. */
import { type ObjectStore, type Pod, PODS } from "@nodetcd/jobs";
import { sleep } from "../../clusters/patience.ts";
import type { Attempts } from "./attempts.ts";
import type { Company } from "./company.ts";

const LOOK_MS = 1_000;
/** How long a process may outlive its pod while its worker runs, in real milliseconds. */
const LATE_MS = 20_000;

export class Watchman {
  readonly faults: string[] = [];
  /** Uids of all pods that may run once only. */
  readonly once = new Set<string>();
  readonly #store: ObjectStore;
  readonly #attempts: Attempts;
  readonly #company: Company;
  /** When a process was first seen without its pod. */
  readonly #since = new Map<number, number>();
  readonly #ending = new AbortController();
  readonly #done: Promise<void>;

  constructor(store: ObjectStore, attempts: Attempts, company: Company) {
    this.#store = store;
    this.#attempts = attempts;
    this.#company = company;
    this.#done = Promise.all([this.#walk(), this.#follow()]).then(
      () => undefined,
      (error: unknown) => void this.faults.push(`pods are not watched any more: ${String(error)}`),
    );
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#done;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#ending;
    for await (const event of this.#store.watch(PODS, { signal })) {
      if (event.type !== "ADDED" || event.object.spec.restartPolicy !== "Never") continue;
      this.once.add(event.object.metadata.uid ?? "");
    }
  }

  async #walk(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      await sleep(LOOK_MS);
      const pods = await this.#store.list(PODS).catch(() => undefined);
      if (pods !== undefined) this.#look(new Map(pods.items.map((pod) => [pod.metadata.uid, pod])));
    }
  }

  #look(pods: ReadonlyMap<string | undefined, Pod>): void {
    const now = performance.now();
    const dead = this.#attempts.processes().filter(({ podUid, node }) => {
      const worker = this.#company.part(node);
      if (worker?.isRunning !== true || now - worker.startedAt < LATE_MS) return false;
      const phase = pods.get(podUid)?.status?.phase;
      return !pods.has(podUid) || phase === "Succeeded" || phase === "Failed";
    });
    for (const pid of this.#since.keys()) {
      if (!dead.some((each) => each.pid === pid)) this.#since.delete(pid);
    }
    for (const { pid, node, podUid, command } of dead) {
      const since = this.#since.get(pid) ?? now;
      this.#since.set(pid, since);
      if (now - since < LATE_MS) continue;
      this.#since.set(pid, Infinity);
      const phase = pods.get(podUid)?.status?.phase ?? "gone";
      this.faults.push(
        `process ${pid} (${command}) runs on ${node}; its pod ${podUid} is ${phase}`,
      );
    }
  }
}
