import { EtcdError } from "./errors.ts";
import type { Kv } from "./kv.ts";

const ANY_KEY = new Uint8Array(1);

/**
 * Finds the oldest revision that can still be read. etcd does not tell it, but refuses what is older:
 * a few reads of one key halve the distance, and what was found is where the next search begins.
 */
export class OldestRevision {
  readonly #client: Pick<Kv, "get">;
  #known = 1;

  /** @param client a `Client`, or its `kv` */
  constructor(client: Pick<Kv, "get">) {
    this.#client = client;
  }

  async find(current: number): Promise<number> {
    if (current < this.#known) this.#known = 1;
    if (await this.#readable(this.#known)) return this.#known;
    let gone = this.#known;
    let step = 1;
    while (gone + step < current && !(await this.#readable(gone + step))) {
      gone += step;
      step *= 4;
    }
    let there = Math.min(gone + step, current);
    while (there - gone > 1) {
      const middle = gone + Math.floor((there - gone) / 2);
      if (await this.#readable(middle)) there = middle;
      else gone = middle;
    }
    this.#known = there;
    return there;
  }

  async #readable(revision: number): Promise<boolean> {
    try {
      await this.#client.get(ANY_KEY, { revision, serializable: true, keysOnly: true });
      return true;
    } catch (error) {
      if (error instanceof EtcdError && error.code === "COMPACTED") return false;
      throw error;
    }
  }
}
