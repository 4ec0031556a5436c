import type { Clock } from "@nodetcd/runtime";
import { expect, test } from "vitest";
import { COMPACTION_REST_MAX_MS, COMPACTION_SLEEP_MS } from "../src/limits.ts";
import { noLeases, openStore } from "../src/mvcc.ts";
import { MemoryBackend } from "./support/memory-backend.ts";
import { put } from "./support/open.ts";

const STEPS = 20;

/** How long a compaction of twenty steps rests in all, while `meanwhile` runs in each turn of the loop. */
async function restOf(meanwhile: (put: () => void) => void): Promise<number> {
  let now = 0;
  let work = (): void => undefined;
  /** Time moves by rests alone. */
  const clock: Clock = {
    monotonic: () => now,
    wallTime: () => now,
    defer: (callback) => void setImmediate(callback),
    yield: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      work();
    },
    setTimer: (delay, callback) => {
      setImmediate(() => ((now += delay), callback()));
      return { cancel: () => undefined };
    },
    setRepeating: () => ({ cancel: () => undefined }),
  };
  const options = { clock, lessor: noLeases, compactionBatchLimit: 50 };
  const store = await openStore(new MemoryBackend(), options);
  for (let n = 0; n < STEPS * 50; n++) put(store, "k");
  work = () => meanwhile(() => void put(store, "other"));
  now = 0;
  await store.compact(store.revision).done;
  return now;
}

test("a compaction does not rest while it is alone", async () => {
  expect(await restOf(() => undefined)).toBe(0);
});

test("a compaction rests after each step beside which others wrote, and ends all the same", async () => {
  const rest = await restOf((write) => write());
  expect(rest).toBeGreaterThanOrEqual((STEPS - 2) * COMPACTION_SLEEP_MS);
  expect(rest).toBeLessThan(STEPS * COMPACTION_REST_MAX_MS);
});
