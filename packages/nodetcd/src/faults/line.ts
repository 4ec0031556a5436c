import type { Timer } from "@nodetcd/runtime";
import type { Faults } from "./faults.ts";

/** One direction of a connection: what passes arrives in order, at once or when the faults let it. */
export class Line {
  readonly #faults: Faults;
  readonly #queue: { readonly sent: number; readonly arrive: () => void }[] = [];
  #timer: Timer | undefined;
  #forget: (() => void) | undefined;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  pass(arrive: () => void): void {
    if (this.#queue.length === 0 && this.#faults.delayMs === 0) return arrive();
    this.#queue.push({ sent: this.#faults.clock.monotonic(), arrive });
    this.#forget ??= this.#faults.onChange(() => this.#deliver());
    if (this.#queue.length === 1) this.#deliver();
  }

  /** Drops what is under way. */
  cut(): void {
    this.#queue.length = 0;
    this.#rest();
  }

  #deliver(): void {
    const { clock } = this.#faults;
    this.#timer?.cancel();
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const left = first.sent + this.#faults.delayMs - clock.monotonic();
      if (left === Infinity) return;
      if (left > 0) {
        this.#timer = clock.setTimer(left, () => this.#deliver());
        return;
      }
      this.#queue.shift();
      first.arrive();
    }
    this.#rest();
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#forget?.();
    this.#forget = undefined;
  }
}
