import { nodeClock } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import { FlushGroup } from "../src/http2/flush-group.ts";

/** A group whose turn ends when `endTurn` is called. */
function groupOfTurns() {
  const deferred: (() => void)[] = [];
  const clock = { ...nodeClock, defer: (callback: () => void) => void deferred.push(callback) };
  return { group: new FlushGroup(clock), endTurn: () => deferred.splice(0).map((call) => call()) };
}

const microtasks = (): Promise<void> => Promise.resolve();

test("FlushGroup: fewer than sixteen wait for the end of the turn, one end for all", async () => {
  const { group, endTurn } = groupOfTurns();
  const flushed: number[] = [];
  for (let i = 0; i < 15; i++) group.add(() => flushed.push(i));
  await microtasks();
  expect(flushed).toEqual([]);
  expect(endTurn().length).toBe(1);
  expect(flushed).toEqual(Array.from({ length: 15 }, (_, i) => i));
});

test("FlushGroup: sixteen go at once, the rest at the end of the turn, each of them once", async () => {
  const { group, endTurn } = groupOfTurns();
  let flushed = 0;
  for (let i = 0; i < 16; i++) group.add(() => flushed++);
  await microtasks();
  expect(flushed).toBe(16);
  for (let i = 0; i < 5; i++) group.add(() => flushed++);
  endTurn();
  expect(flushed).toBe(21);
  endTurn();
  expect(flushed).toBe(21);
});

test("FlushGroup: what is added by a flush goes in the next turn", () => {
  const { group, endTurn } = groupOfTurns();
  const flushed: string[] = [];
  group.add(() => group.add(() => flushed.push("second")));
  endTurn();
  expect(flushed).toEqual([]);
  endTurn();
  expect(flushed).toEqual(["second"]);
});
