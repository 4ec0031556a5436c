/** Lets something happen at the very moment when a member says what it is doing. */
import type { Seat } from "./seat.ts";

type OnSaid = (seat: Seat) => void;

export class Moments {
  readonly #waiting = new Set<{ readonly pattern: RegExp; readonly onSaid: OnSaid }>();

  /** A member has said a line. */
  said(seat: Seat, line: string): void {
    for (const each of this.#waiting) {
      if (!each.pattern.test(line)) continue;
      this.#waiting.delete(each);
      each.onSaid(seat);
    }
  }

  /** Calls `onSaid` once, in the middle of what the member does. The answer forgets it. */
  next(pattern: RegExp, onSaid: OnSaid): () => void {
    const waiting = { pattern, onSaid };
    this.#waiting.add(waiting);
    return () => void this.#waiting.delete(waiting);
  }
}
