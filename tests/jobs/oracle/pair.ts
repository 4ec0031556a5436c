import type { KubeObject, Reply } from "../api-client.ts";
import type { Mirror } from "./mirror.ts";
import { differences, pictureOf, settled } from "./picture.ts";

/** Controllers gather changes for a second: what is quiet for longer has come to rest. */
const QUIET_MS = 2_500;
const POLL_MS = 200;
/** Looks until it is given up: a minute, and longer where this process hardly gets a processor, as all others then. */
const SETTLE_LOOKS = 300;

/** A pause after a failure may look so much shorter, in seconds: times have no fractions. */
const PAUSE_SHORTER_MAX = 2;
/** Calls that a busy machine has not answered, or not in time, are made again so often, after a pause. */
const ATTEMPTS = 30;
const PAUSE_MS = 1_000;

/** Found where the two control planes do not do the same. */
export class Difference extends Error {}

/** What is no answer of a server: see `onPod`. */
const NO_POD = { status: 0, body: { message: "no such pod" }, warnings: [] } as const;

function isOwnWord({ body }: Reply): boolean {
  return body["message"] === NO_POD.body.message;
}

async function patiently(send: (mirror: Mirror) => Promise<Reply>, mirror: Mirror): Promise<Reply> {
  for (let attempt = 1; ; attempt++) {
    const reply = await send(mirror);
    const { reason, message } = reply.body;
    // The one before was done, though its answer did not come in time.
    if (attempt > 1 && reason === "AlreadyExists") return { ...reply, status: 201 };
    if (attempt > 1 && reason === "NotFound") return { ...reply, status: 200 };
    const late = /timed out|did not answer in time/.test(String(message));
    const again = reply.status === 0 ? !isOwnWord(reply) : late && reply.status >= 500;
    if (!again || attempt === ATTEMPTS) return reply;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/**
 * What a reply says. Values that are objects are printed by their names in Go, or by those of the API: they are left
 * out.
 */
function told({ status, body }: Reply): string {
  if (status > 0 && status < 300) return `${status}`;
  const message = settled(String(body["message"])).replaceAll(
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
    const [real, ours] = await Promise.all([
      patiently(send, this.real),
      patiently(send, this.ours),
    ]);
    if (told(real) !== told(ours)) {
      throw new Difference(`${what}\n  Kubernetes: ${told(real)}\n  nodetcd:    ${told(ours)}`);
    }
    return real;
  }

  /** Waits until both have come to rest and look the same. */
  async settle(): Promise<void> {
    for (let looks = 1; ; looks++) {
      const found = this.#differences();
      if (found.length === 0 && this.#quiet()) return;
      if (looks > SETTLE_LOOKS) {
        const why = found.length === 0 ? this.#restless() : found;
        throw new Difference(`after ${this.story.at(-1)}\n  ${why.join("\n  ")}`);
      }
      for (const { failure, name } of [this.real, this.ours]) {
        if (failure !== undefined)
          throw new Error(`${name}: a watch has ended`, { cause: failure });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Time to pass, as for a pause that has to be over. */
  async wait(seconds: number): Promise<void> {
    this.story.push(`${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  }

  /** Seconds that are to pass until the next pods come: either both keep them, or neither does. */
  comparePause(seconds: number): void {
    const [real, ours] = [this.real, this.ours].map((mirror) => {
      const times = mirror
        .of("pods", this.namespace)
        .map(({ metadata }) => Date.parse(metadata.creationTimestamp) - this.#began)
        .filter((delay) => delay >= -1_000);
      return times.map((delay) => Math.round(delay / 1_000)).sort((a, b) => a - b);
    }) as [number[], number[]];
    const keeps = (delays: readonly number[]): boolean =>
      delays.every((delay) => delay >= seconds - PAUSE_SHORTER_MAX);
    // One may be late for want of a processor, but not by a whole pause.
    const apart = Math.max(...real.map((delay, i) => Math.abs(delay - (ours[i] ?? delay))), 0);
    if (keeps(real) === keeps(ours) || (keeps(ours) && apart < seconds)) return;
    throw new Difference(
      `after ${this.story.at(-2)}\n  pods came after ${real.join()} s in Kubernetes, ${ours.join()} s in nodetcd`,
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

  /** Nothing has changed for a while, nor was anything done that may not be seen yet. */
  #quiet(): boolean {
    if (Date.now() - this.#began <= QUIET_MS) return false;
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
    // Chosen once: a call that is made again is about the same pod, which may be no longer of those.
    const chosen = new Map<Mirror, KubeObject | undefined>();
    for (const mirror of [this.real, this.ours]) {
      const pods = mirror.of("pods", this.namespace).filter(which);
      chosen.set(mirror, pods.sort((a, b) => (order(a) < order(b) ? -1 : 1))[rank]);
    }
    await this.both(what, async (mirror) => {
      const pod = chosen.get(mirror);
      if (pod === undefined) return NO_POD;
      return await act(
        mirror,
        pod,
        `/api/v1/namespaces/${this.namespace}/pods/${pod.metadata.name}`,
      );
    });
  }
}
