import { expect, test } from "vitest";
import { SeededRandom, VirtualClock } from "@nodetcd/simulator";

test("VirtualClock runs timers in the order of their times, then of their setting", () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  clock.setTimer(20, () => seen.push(`late ${clock.monotonic()}`));
  clock.setTimer(10, () => seen.push("first"));
  clock.setTimer(10, () => seen.push("second"));
  clock.setTimer(5, () => clock.setTimer(1, () => seen.push("nested 6")));
  clock.setTimer(1, () => seen.push("cancelled")).cancel();
  clock.advance(30);
  expect(seen).toEqual(["nested 6", "first", "second", "late 20"]);
  expect(clock.pendingTimers).toBe(0);
});

test("VirtualClock repeats until cancelled", () => {
  const clock = new VirtualClock();
  let count = 0;
  const timer = clock.setRepeating(10, () => count++);
  clock.advance(35);
  timer.cancel();
  clock.advance(100);
  expect(count).toBe(3);
});

test("SeededRandom repeats its sequence for a seed and spreads evenly", () => {
  const [a, b] = [new SeededRandom(7), new SeededRandom(7)];
  expect(Array.from({ length: 50 }, () => a.uint32())).toEqual(
    Array.from({ length: 50 }, () => b.uint32()),
  );
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) counts[a.below(10)]!++;
  for (const count of counts) expect(count).toBeGreaterThan(800);
});

test("runNext() runs one timer, the next, at its time", () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  clock.setTimer(7, () => ran.push("b"));
  clock.setTimer(5, () => ran.push("a"));
  expect(clock.nextDue).toBe(5);
  expect(clock.runNext()).toBe(true);
  expect([ran, clock.monotonic()]).toEqual([["a"], 5]);
  expect([clock.runNext(), clock.runNext(), clock.nextDue]).toEqual([true, false, Infinity]);
});

test("VirtualClock keeps timers of months, and one that is set for Infinity never comes", () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  clock.setTimer(2 ** 32, () => ran.push("months"));
  clock.setTimer(Infinity, () => ran.push("never"));
  clock.advance(2 ** 32 - 1);
  expect(ran).toEqual([]);
  expect([clock.runNext(), clock.runNext(), clock.monotonic()]).toEqual([true, false, 2 ** 32]);
  expect([ran, clock.nextDue]).toEqual([["months"], Infinity]);
});
