import { RESETS_REMEMBERED } from "../limits.ts";

/** The last streams that this side has reset: frames for them may be under way and are ignored. */
export class ResetStreams {
  readonly #ids = new Set<number>();

  has(id: number): boolean {
    return this.#ids.has(id);
  }

  add(id: number): void {
    this.#ids.add(id);
    if (this.#ids.size <= RESETS_REMEMBERED) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
