import type { KubeObject, Reply } from "../api-client.ts";
import type { Mirror } from "./mirror.ts";
import { differences, pictureOf } from "./picture.ts";

/** Controllers gather changes for a second: what is quiet for longer has come to rest. */
const QUIET_MS = 2_200;
const SETTLE_TIMEOUT_MS = 60_000;
const POLL_MS = 200;

/** Pods come this much earlier or later on one side: less than the shortest pause after a failure. */
const LATE_SECONDS_MAX = 6;

/** Found where the two control planes do not do the same. */
export class Difference extends Error {}

/**
 * What a reply says. Values that are objects are printed by their names in Go, or by those of the API: they are left
 * out.
 */
function told({ status, body }: Reply): string {
  if (status > 0 && status < 300) return `${status}`;
  const message = String(body["message"]).replaceAll(
    /Invalid value: \{.*?\}: /g,
    "Invalid value: {}: ",
  );
  return `${status} ${String(body["reason"])}: ${message}`;
}

/** A namespace of both control planes, in which the same is done at the same time. */
export class Pair {
  readonly real: Mirror;
  readonly ours: Mirror;
  readonly namespace: string;
  /** What was done so far, for the report. */
  readonly story: string[] = [];
  /** Uids of pods of earlier steps. */
  readonly #seen = new Set<string>();
  #began = Date.now();

  constructor(real: Mirror, ours: Mirror, namespace: string) {
    this.real = real;
    this.ours = ours;
    this.namespace = namespace;
  }

  /** The same call on both; they must give the same status, and the same message when it is an error. */
  async both(what: string, send: (mirror: Mirror) => Promise<Reply>): Promise<Reply> {
    this.story.push(what);
    this.#began = Date.now();
    const [real, ours] = await Promise.all([send(this.real), send(this.ours)]);
    if (told(real) !== told(ours)) {
      throw new Difference(`${what}\n  Kubernetes: ${told(real)}\n  nodetcd:    ${told(ours)}`);
    }
    return real;
  }

  /** Waits until both have come to rest and look the same. */
  async settle(): Promise<void> {
    const deadline = Date.now() + SETTLE_TIMEOUT_MS;
    for (;;) {
      const found = this.#differences();
      if (found.length === 0 && this.#quiet()) return this.#compareDelays();
      if (Date.now() > deadline) {
        const why = found.length === 0 ? this.#restless() : found;
        throw new Difference(`after ${this.story.at(-1)}\n  ${why.join("\n  ")}`);
      }
      for (const { failure, name } of [this.real, this.ours]) {
        if (failure !== undefined)
          throw new Error(`${name}: a watch has ended: ${String(failure)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Time to pass, as for a pause that has to be over. */
  async wait(seconds: number): Promise<void> {
    this.story.push(`${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  }

  /** How long after the last step its pods came: pauses after failures must be of the same length. */
  #compareDelays(): void {
    const [real, ours] = [this.real, this.ours].map((mirror) => {
      const fresh = mirror
        .of("pods", this.namespace)
        .filter(({ metadata }) => !this.#seen.has(metadata.uid));
      for (const { metadata } of fresh) this.#seen.add(metadata.uid);
      const times = fresh.map(({ metadata }) => Date.parse(metadata.creationTimestamp));
      return times.map((time) => Math.round((time - this.#began) / 1_000)).sort((a, b) => a - b);
    }) as [number[], number[]];
    if (real.every((delay, i) => Math.abs(delay - (ours[i] ?? 0)) <= LATE_SECONDS_MAX)) return;
    throw new Difference(
      `after ${this.story.at(-1)}\n  pods came after ${real.join()} s in Kubernetes, ${ours.join()} s in nodetcd`,
    );
  }

  #differences(): string[] {
    const { real, ours, namespace } = this;
    return differences(pictureOf(real, namespace), pictureOf(ours, namespace));
  }

  #restless(): string[] {
    return [this.real, this.ours].map((mirror) => {
      const since = mirror.quietFor(this.namespace);
      return `${mirror.name} does not come to rest: ${mirror.lastChange(this.namespace)} ${since} ms ago`;
    });
  }

  #quiet(): boolean {
    return [this.real, this.ours].every((mirror) => mirror.quietFor(this.namespace) > QUIET_MS);
  }

  /**
   * Does the same to one pod of each: the `rank`-th of those that `which` chooses, ordered by `order`, so that
   * both are alike after `settle`.
   */
  async onPod(
    what: string,
    rank: number,
    which: (pod: KubeObject) => boolean,
    order: (pod: KubeObject) => string,
    act: (mirror: Mirror, pod: KubeObject, path: string) => Promise<Reply>,
  ): Promise<void> {
    await this.both(what, async (mirror) => {
      const pods = mirror.of("pods", this.namespace).filter(which);
      const pod = pods.sort((a, b) => (order(a) < order(b) ? -1 : 1))[rank];
      if (pod === undefined) return { status: 0, body: { message: "no such pod" }, warnings: [] };
      return await act(
        mirror,
        pod,
        `/api/v1/namespaces/${this.namespace}/pods/${pod.metadata.name}`,
      );
    });
  }
}
