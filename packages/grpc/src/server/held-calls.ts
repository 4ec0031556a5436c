import type { Clock } from "@nodetcd/runtime";
import { HELD_CALLS_BEGUN } from "../limits.ts";

/** A call that has arrived and not begun. */
export interface HeldCall {
  /** Begins it; it has been taken out before. */
  begin(): void;
}

/**
 * The calls of one connection that wait, in order, because its client has too many replies to take.
 * Refusing them would be an error that programs see: nobody tries a write again that was refused.
 */
export class HeldCalls {
  readonly #clock: Clock;
  readonly #mayBegin: () => boolean;
  readonly #calls = new Set<HeldCall>();
  #scheduled = false;

  /** `mayBegin` is asked before each call. */
  constructor(clock: Clock, mayBegin: () => boolean) {
    this.#clock = clock;
    this.#mayBegin = mayBegin;
  }

  get size(): number {
    return this.#calls.size;
  }

  add(call: HeldCall): void {
    this.#calls.add(call);
  }

  /** The call was given up. */
  delete(call: HeldCall): void {
    this.#calls.delete(call);
  }

  /** Begins what may begin, some of it in later turns. */
  release(): void {
    if (this.#calls.size === 0 || this.#scheduled) return;
    let begun = 0;
    for (const call of this.#calls) {
      if (!this.#mayBegin()) return;
      if (begun++ === HELD_CALLS_BEGUN) {
        this.#continueLater();
        return;
      }
      this.#calls.delete(call);
      call.begin();
    }
  }

  #continueLater(): void {
    this.#scheduled = true;
    this.#clock.defer(() => {
      this.#scheduled = false;
      this.release();
    });
  }
}
