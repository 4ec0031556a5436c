import type { Clock } from "@nodetcd/runtime";
import { INFLATED_BYTES_PER_TURN } from "../limits.ts";

/**
 * How much is unpacked in a turn of the loop, over all calls of a server: a few bytes inflate to a thousand times as
 * many, and a crowd of such messages would hold up everybody else. Who comes too late waits for a turn, in order.
 */
export class InflateTurns {
  readonly #clock: Pick<Clock, "defer">;
  readonly #waiting: (() => void)[] = [];
  #left = INFLATED_BYTES_PER_TURN;
  #planned = false;

  constructor(clock: Pick<Clock, "defer">) {
    this.#clock = clock;
  }

  /** This turn has no room for another message. */
  get spent(): boolean {
    return this.#left <= 0;
  }

  /** So many bytes were unpacked. */
  spend(bytes: number): void {
    this.#left -= bytes;
    this.#plan();
  }

  /** Calls `go` in a turn that has room, when this one is `spent`. */
  wait(go: () => void): void {
    this.#waiting.push(go);
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#clock.defer(() => {
      this.#planned = false;
      this.#left = INFLATED_BYTES_PER_TURN;
      while (!this.spent && this.#waiting.length > 0) this.#waiting.shift()!();
      if (this.#waiting.length > 0) this.#plan();
    });
  }
}
