import { describe, expect, test } from "vitest";
import { type Clock, inSlices, SerialQueue, Slice } from "../src/runtime.ts";

/** A clock that moves by hand, and counts looks and yields. */
function handClock(): { clock: Clock; now: number; looks: number; yields: number } {
  const state = { clock: undefined as unknown as Clock, now: 0, looks: 0, yields: 0 };
  const monotonic = (): number => {
    state.looks++;
    return state.now;
  };
  const later = (): Promise<void> => {
    state.yields++;
    return Promise.resolve();
  };
  state.clock = { monotonic, yield: later } as Clock;
  return state;
}

describe("Slice", () => {
  test("isOver: true from its length on, again after next", async () => {
    const time = handClock();
    const slice = new Slice(time.clock, 4);
    time.now = 3.9;
    expect(slice.isOver()).toBe(false);
    time.now = 4;
    expect([slice.isOver(), slice.isOver()]).toEqual([true, true]);
    await slice.next();
    expect(time.yields).toBe(1);
    expect(slice.isOver()).toBe(false);
    time.now = 8;
    expect(slice.isOver()).toBe(true);
  });

  test("isOver: looks at the clock once in so many steps, however they are counted", () => {
    const time = handClock();
    const slice = new Slice(time.clock, 4, 64);
    time.now = 100;
    expect(Array.from({ length: 64 }, () => slice.isOver()).indexOf(true)).toBe(63);
    expect([slice.isOver(60), slice.isOver(60)]).toEqual([false, true]);
    // The first look was at the beginning.
    expect(time.looks).toBe(3);
  });

  test("inSlices: runs work to its end and rests between stretches", async () => {
    const time = handClock();
    function* work(): Generator<void, string> {
      for (let i = 0; i < 10; i++) {
        time.now += 2;
        yield;
      }
      return "done";
    }
    expect(await inSlices(new Slice(time.clock, 4), work())).toBe("done");
    expect(time.yields).toBe(5);
  });
});

describe("SerialQueue", () => {
  test("runs one after the other; a failure reaches who asked, and stops nothing", async () => {
    const queue = new SerialQueue();
    const log: string[] = [];
    const work = (name: string) => async (): Promise<string> => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      if (name === "b") throw new Error("b fails");
      return name;
    };
    const [a, b, c] = ["a", "b", "c"].map((name) => queue.run(work(name)));
    await expect(b).rejects.toThrow("b fails");
    await queue.idle();
    expect([await a, await c]).toEqual(["a", "c"]);
    expect(log).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });
});
