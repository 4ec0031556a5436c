import type { Output } from "./output.ts";

const INTERVAL_MS = 200;

/** A line that rewrites itself on standard error, when that is a terminal; else nothing. */
export class Progress {
  readonly #err: Output;
  #nextAt = 0;
  #isShown = false;

  constructor(err: Output) {
    this.#err = err;
  }

  /** Cheap: may be called for every chunk. */
  update(text: () => string): void {
    if (!this.#err.isTerminal) return;
    const now = performance.now();
    if (now < this.#nextAt) return;
    this.#nextAt = now + INTERVAL_MS;
    this.#isShown = true;
    this.#err.write(`\r\x1b[K${text()}`);
    this.#err.flush();
  }

  /** Takes the line away. */
  done(): void {
    if (this.#isShown) this.#err.write("\r\x1b[K");
    this.#isShown = false;
    this.#err.flush();
  }
}
