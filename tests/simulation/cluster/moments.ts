/** Waits for the very moment when a member says what it is doing. */
import type { VirtualClock } from "@nodetcd/simulator";
import type { Seat } from "./seat.ts";

export class Moments {
  readonly #clock: VirtualClock;
  readonly #waiting = new Set<{
    readonly pattern: RegExp;
    readonly onSaid: (seat: Seat) => void;
  }>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** A member has said a line. */
  said(seat: Seat, line: string): void {
    for (const { pattern, onSaid } of this.#waiting) if (pattern.test(line)) onSaid(seat);
  }

  /** Who says such a line next, before anything of it has left its machine; undefined: nobody in time. */
  next(pattern: RegExp, withinMs: number): Promise<Seat | undefined> {
    return new Promise((resolve) => {
      const waiting = {
        pattern,
        onSaid: (seat: Seat | undefined) => {
          this.#waiting.delete(waiting);
          resolve(seat);
        },
      };
      this.#waiting.add(waiting);
      this.#clock.setTimer(withinMs, () => waiting.onSaid(undefined));
    });
  }
}
