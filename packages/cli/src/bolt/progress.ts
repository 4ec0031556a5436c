import type { World } from "./command.ts";

const INTERVAL_MS = 500;

/**
 * A line that rewrites itself on standard error, when that is a terminal; else nothing. Call `done`
 * at the end, which removes it.
 */
export class Progress {
  readonly #world: World;
  #nextAt: number;
  #shown = false;

  constructor(world: World) {
    this.#world = world;
    this.#nextAt = world.clock.monotonic() + INTERVAL_MS;
  }

  /** Cheap: may be called for every page. */
  update(text: () => string): void {
    if (!this.#world.err.isTerminal) return;
    const now = this.#world.clock.monotonic();
    if (now < this.#nextAt) return;
    this.#nextAt = now + INTERVAL_MS;
    this.#shown = true;
    this.#world.err.write(`\r\x1b[K${text()}`);
  }

  done(): void {
    if (this.#shown) this.#world.err.write("\r\x1b[K");
    this.#shown = false;
  }
}
