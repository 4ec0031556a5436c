import type { ControlPlane } from "./control-plane.ts";

const WRITERS = 4;
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data: Readonly<Record<string, string>>;
}

/**
 * Write through the API server and remember what it has acknowledged. Each writer makes a ConfigMap, then
 * counts its counter up by one with the version it has read, which only one of two writers can succeed with.
 */
export class ConfigMapWriters {
  readonly #plane: ControlPlane;
  readonly #created = new Map<string, string>();
  /** Increments: acknowledged, and answered by an error or not at all, which may have happened. */
  readonly #counted = { surely: 0, maybe: 0 };
  #running: Promise<void>[] = [];
  #stopping = false;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
  }

  get acknowledged(): number {
    return this.#created.size + this.#counted.surely;
  }

  start(): void {
    this.#running = Array.from({ length: WRITERS }, (_, writer) => this.#write(writer));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  /** True when something has been acknowledged since the call. */
  async succeedAgain(): Promise<boolean> {
    const before = this.acknowledged;
    await new Promise((resolve) => setTimeout(resolve, 250));
    return this.acknowledged > before;
  }

  async #write(writer: number): Promise<void> {
    for (let number = 0; !this.#stopping; number++) {
      await this.#create(`item-${writer}-${number}`, `value ${writer} ${number}`);
      await this.#countUp();
    }
  }

  async #create(name: string, value: string): Promise<void> {
    const configMap = { metadata: { name }, data: { value } };
    const { status } = await this.#plane.call("POST", CONFIG_MAPS, configMap);
    if (status === 201) this.#created.set(name, value);
  }

  async #countUp(): Promise<void> {
    const { status, body } = await this.#plane.call("GET", `${CONFIG_MAPS}/counter`);
    if (status === 404) {
      const counter = { metadata: { name: "counter" }, data: { count: "0" } };
      await this.#plane.call("POST", CONFIG_MAPS, counter);
      return;
    }
    if (status !== 200) return;
    const { metadata, data } = body as unknown as ConfigMap;
    const next = { metadata, data: { count: String(Number(data["count"]) + 1) } };
    const put = await this.#plane.call("PUT", `${CONFIG_MAPS}/counter`, next);
    if (put.status === 200) this.#counted.surely++;
    else if (put.status !== 409) this.#counted.maybe++;
  }

  /** What the store has not kept as it was acknowledged. */
  async faults(): Promise<string[]> {
    const { body } = await this.#plane.call("GET", CONFIG_MAPS);
    const items = new Map<string, ConfigMap>();
    for (const item of (body["items"] ?? []) as ConfigMap[]) items.set(item.metadata.name, item);
    const faults: string[] = [];
    for (const [name, value] of this.#created) {
      const kept = items.get(name)?.data["value"];
      if (kept !== value) faults.push(`${name} was acknowledged with "${value}" and is "${kept}"`);
    }
    const count = Number(items.get("counter")?.data["count"]);
    const { surely, maybe } = this.#counted;
    if (!(count >= surely && count <= surely + maybe)) {
      faults.push(`the counter is ${count} after ${surely} increments and ${maybe} uncertain ones`);
    }
    return faults;
  }
}
