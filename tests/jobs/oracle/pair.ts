import type { KubeObject, Reply } from "../api-client.ts";
import type { Mirror } from "./mirror.ts";
import { differences, pictureOf } from "./picture.ts";

/** Controllers gather changes for a second: what is quiet for longer has come to rest. */
const QUIET_MS = 2_200;
const SETTLE_TIMEOUT_MS = 40_000;
const POLL_MS = 200;

/** Found where the two control planes do not do the same. */
export class Difference extends Error {}

/** A namespace of both control planes, in which the same is done at the same time. */
export class Pair {
  readonly real: Mirror;
  readonly ours: Mirror;
  readonly namespace: string;
  /** What was done so far, for the report. */
  readonly story: string[] = [];

  constructor(real: Mirror, ours: Mirror, namespace: string) {
    this.real = real;
    this.ours = ours;
    this.namespace = namespace;
  }

  /** The same call on both; they must give the same status, and the same message when it is an error. */
  async both(what: string, send: (mirror: Mirror) => Promise<Reply>): Promise<Reply> {
    this.story.push(what);
    const [real, ours] = await Promise.all([send(this.real), send(this.ours)]);
    const told = ({ status, body }: Reply): string =>
      status < 300
        ? `${status}`
        : `${status} ${String(body["reason"])}: ${String(body["message"])}`;
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
      if (found.length === 0 && this.#quiet()) return;
      if (Date.now() > deadline) {
        const why = found.length === 0 ? ["does not come to rest"] : found;
        throw new Difference(`after ${this.story.at(-1)}\n  ${why.join("\n  ")}`);
      }
      for (const { failure, name } of [this.real, this.ours]) {
        if (failure !== undefined)
          throw new Error(`${name}: a watch has ended: ${String(failure)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  #differences(): string[] {
    const { real, ours, namespace } = this;
    return differences(pictureOf(real, namespace), pictureOf(ours, namespace));
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
