import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nodeClock } from "@nodetcd/runtime/node";

const DAY_MS = 24 * 3600 * 1000;
/** One that Node itself would run after 1 ms. */
const LONG_MS = 60 * DAY_MS;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
});
afterEach(() => vi.useRealTimers());

test("a timer of more than 24.8 days fires when its time has come, once", () => {
  let fired = 0;
  nodeClock.setTimer(LONG_MS, () => fired++);
  vi.advanceTimersByTime(LONG_MS - 1);
  expect(fired).toBe(0);
  vi.advanceTimersByTime(1 + LONG_MS);
  expect(fired).toBe(1);
});

test("a repeating timer of more than 24.8 days keeps its interval", () => {
  let fired = 0;
  const timer = nodeClock.setRepeating(LONG_MS, () => fired++);
  vi.advanceTimersByTime(3 * LONG_MS + 1);
  expect(fired).toBe(3);
  timer.cancel();
  vi.advanceTimersByTime(2 * LONG_MS);
  expect(fired).toBe(3);
});

test("a long timer can be cancelled on its way, by its own callback too, and Infinity never comes", () => {
  const fired: string[] = [];
  const cancelled = nodeClock.setTimer(LONG_MS, () => fired.push("cancelled"));
  nodeClock.setTimer(Infinity, () => fired.push("never"));
  const once = nodeClock.setRepeating(LONG_MS, () => {
    fired.push("once");
    once.cancel();
  });
  vi.advanceTimersByTime(30 * DAY_MS);
  cancelled.cancel();
  vi.advanceTimersByTime(400 * DAY_MS);
  expect(fired).toEqual(["once"]);
});
