/** A timer that was set; cancelling one that fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock: milliseconds since 1970, may jump. For log lines and what people read. */
  wallTime(): number;
  /** Monotonic milliseconds with a fraction, from an arbitrary start. For durations and deadlines. */
  monotonic(): number;
  /** Runs `callback` once, `delayMs` milliseconds from now or later. Keeps the process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Runs `callback` every `intervalMs` milliseconds until cancelled. Keeps the process alive. */
  setRepeating(intervalMs: number, callback: () => void): Timer;
  /** Runs `callback` after the events of this turn of the loop, before timers of the next. */
  defer(callback: () => void): void;
  /** Resolves in a later turn of the loop, so that sockets and timers get their share. */
  yield(): Promise<void>;
}

/** Resolves `delayMs` milliseconds from now. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(delayMs, resolve));
}
