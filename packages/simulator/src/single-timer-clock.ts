import type { Clock, Timer } from "@nodetcd/runtime";

/** A clock of which everything that comes later is made of timers that fire once. */
export abstract class SingleTimerClock implements Clock {
  abstract wallTime(): number;
  abstract monotonic(): number;
  abstract setTimer(delayMs: number, callback: () => void): Timer;

  setRepeating(intervalMs: number, callback: () => void): Timer {
    if (!(intervalMs > 0)) throw new RangeError("A repeating timer needs an interval above 0 ms");
    let current: Timer;
    const again = (): void => {
      current = this.setTimer(intervalMs, again);
      callback();
    };
    current = this.setTimer(intervalMs, again);
    return { cancel: () => current.cancel() };
  }

  defer(callback: () => void): void {
    this.setTimer(0, callback);
  }

  yield(): Promise<void> {
    return new Promise((resolve) => this.defer(resolve));
  }
}
