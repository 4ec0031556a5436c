import type { Clock } from "@nodetcd/runtime";
import { nodeClock } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import { type Deadlined, Deadlines } from "../src/deadlines.ts";
import { generator, seed } from "./seed.ts";

/** A clock that stands until it is told to go on. */
class StandingClock {
  now = 1234.5;
  /** Repeating timers that run; there is at most one. */
  timers = 0;
  #intervalMs = 0;
  #next = 0;
  #callback: () => void = () => undefined;

  readonly clock: Clock = {
    ...nodeClock,
    monotonic: () => this.now,
    setRepeating: (intervalMs, callback) => {
      this.timers++;
      this.#intervalMs = intervalMs;
      this.#next = this.now + intervalMs;
      this.#callback = callback;
      return { cancel: () => this.timers-- };
    },
  };

  /** Goes to this time; `stalled`: as if the process had not run meanwhile. */
  advanceTo(time: number, stalled = false): void {
    while (this.timers > 0 && this.#next <= time) {
      this.now = stalled ? time : this.#next;
      this.#next = this.now + this.#intervalMs;
      this.#callback();
    }
    this.now = time;
  }
}

test("Deadlines: none fires early, none more than 20 ms late, removed ones never; as a naive model", () => {
  const random = generator(seed);
  const time = new StandingClock();
  const deadlines = new Deadlines(time.clock);
  let open = 0;
  for (let i = 0; i < 2000; i++) {
    const due = time.now + random(400);
    open++;
    const deadlined: Deadlined = {
      onDeadline: () => {
        open--;
        expect(time.now).toBeGreaterThanOrEqual(due);
        expect(time.now).toBeLessThanOrEqual(due + 20);
      },
    };
    const slot = deadlines.add(deadlined, due - time.now);
    if (random(3) === 0) {
      deadlines.remove(deadlined, slot);
      deadlined.onDeadline = () => expect.unreachable("it was removed");
      open--;
    }
    time.advanceTo(time.now + random(12));
  }
  time.advanceTo(time.now + 1000);
  expect(open).toBe(0);
  expect(time.timers).toBe(0);
});

test("Deadlines: after a stall all that were due fire, in order", () => {
  const time = new StandingClock();
  const deadlines = new Deadlines(time.clock);
  const fired: number[] = [];
  for (const delay of [500, 20, 70_000, 3]) {
    deadlines.add({ onDeadline: () => fired.push(delay) }, delay);
  }
  time.advanceTo(time.now + 60_000, true);
  expect(fired).toEqual([3, 20, 500]);
  time.advanceTo(time.now + 20_000, true);
  expect(fired).toEqual([3, 20, 500, 70_000]);
});
