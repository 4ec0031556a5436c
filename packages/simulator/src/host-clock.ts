import type { Timer } from "@nodetcd/runtime";
import { SingleTimerClock } from "./single-timer-clock.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/**
 * Time as one process sees it, many of which share a `VirtualClock`: it may stand still while others go on
 * (SIGSTOP), its wall clock may be wrong, and when it has died nothing of it happens any more.
 */
export class HostClock extends SingleTimerClock {
  readonly #world: VirtualClock;
  /** What came due while the process stood still; undefined: it runs. */
  #held: (() => void)[] | undefined;
  #isDead = false;
  /** How far the wall clock is ahead, in milliseconds. */
  wallSkewMs = 0;

  constructor(world: VirtualClock) {
    super();
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
