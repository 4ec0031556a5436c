import type { Clock, Timer } from "@nodetcd/runtime";
import type { VirtualClock } from "./virtual-clock.ts";

/**
 * Time as one process sees it, many of which share a `VirtualClock`: it may stand still while others go on
 * (SIGSTOP), its wall clock may be wrong, and when it has died nothing of it happens any more.
 */
export class HostClock implements Clock {
  readonly #world: VirtualClock;
  /** What came due while the process stood still; undefined: it runs. */
  #held: (() => void)[] | undefined;
  #isDead = false;
  /** How far the wall clock is ahead, in milliseconds. */
  wallSkewMs = 0;

  constructor(world: VirtualClock) {
    this.#world = world;
  }

  wallTime(): number {
    return Math.floor(this.#world.wallTime()) + this.wallSkewMs;
  }

  monotonic(): number {
    return this.#world.monotonic();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    let isCancelled = false;
    const fire = (): void => {
      if (!isCancelled) callback();
    };
    const timer = this.#world.setTimer(delayMs, () => this.run(fire));
    const cancel = (): void => {
      isCancelled = true;
      timer.cancel();
    };
    return { cancel };
  }

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

  /** Something happens to the process from outside: now, or when it goes on; never once it is dead. */
  run(work: () => void): void {
    if (this.#isDead) return;
    if (this.#held === undefined) work();
    else this.#held.push(work);
  }

  pause(): void {
    this.#held ??= [];
  }

  /** What came due meanwhile happens now, in its order. */
  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const work of held) this.#world.setTimer(0, () => this.run(work));
  }

  die(): void {
    this.#isDead = true;
    this.#held = undefined;
  }
}
