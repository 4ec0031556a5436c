import type { Clock } from "@nodetcd/runtime";

/** Connections that have something to write before they write without waiting for the turn's end. */
const GROUP_MAX = 16;

/**
 * Lets the connections of a server write together: each waits until sixteen of them have something, or
 * for the end of the turn of the loop. A write to a socket wakes the process at its other end, which costs more
 * than the write; a process that is given the next reply before it has dealt with the last stays awake.
 */
export class FlushGroup {
  readonly #clock: Clock;
  #waiting: (() => void)[] = [];
  #planned = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `flush` once, in this turn of the loop. */
  add(flush: () => void): void {
    this.#waiting.push(flush);
    if (this.#waiting.length === GROUP_MAX) queueMicrotask(this.#flush);
    if (this.#planned) return;
    this.#planned = true;
    this.#clock.defer(this.#turnEnds);
  }

  readonly #turnEnds = (): void => {
    this.#planned = false;
    this.#flush();
  };

  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flush of waiting) flush();
  };
}
