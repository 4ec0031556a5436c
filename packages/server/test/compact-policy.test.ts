import { silentLogger } from "@nodetcd/runtime";
import { VirtualClock } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { startPeriodic } from "../src/compact-policy/periodic.ts";
import type { CompactionTarget } from "../src/compact-policy/policy.ts";
import { parseRetention } from "../src/compact-policy/retention.ts";
import { startRevision } from "../src/compact-policy/revision.ts";
import { ServerError } from "../src/errors.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A member whose revision grows by one a minute; records what is compacted when, in minutes. */
function fakeMember() {
  const clock = new VirtualClock();
  const done: [minute: number, revision: number][] = [];
  const state = { leads: true, fails: false };
  const minute = (): number => Math.floor(clock.monotonic() / MINUTE);
  const target: CompactionTarget = {
    clock,
    logger: silentLogger,
    isLeader: () => state.leads,
    revision: () => 1 + minute(),
    compact: (revision) => {
      if (state.fails) return Promise.reject(new Error("no quorum"));
      done.push([minute(), revision]);
      return Promise.resolve();
    },
  };
  const pass = async (minutes: number): Promise<void> => {
    for (let i = 0; i < minutes; i++) {
      clock.advance(MINUTE);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    }
  };
  return { target, done, state, pass };
}

describe("startPeriodic()", () => {
  test("keeps one period of ten minutes, compacting each ten minutes after the first", async () => {
    const { target, done, pass } = fakeMember();
    startPeriodic(target, 10 * MINUTE);
    await pass(9);
    expect(done).toEqual([]);
    await pass(31);
    expect(done).toEqual([
      [10, 1],
      [20, 10],
      [30, 20],
      [40, 30],
    ]);
  });

  test("with a period of three hours compacts each hour, keeping three hours and a tenth more", async () => {
    const { target, done, pass } = fakeMember();
    startPeriodic(target, 3 * HOUR);
    await pass(5 * 60);
    expect(done.map(([minute]) => minute)).toEqual([180, 240, 300]);
    expect(done.map(([minute, revision]) => minute + 1 - revision)).toEqual([180, 186, 186]);
  });

  test("rests while another member leads, and tries again a tenth later after a failure", async () => {
    const { target, done, state, pass } = fakeMember();
    startPeriodic(target, 10 * MINUTE);
    state.leads = false;
    await pass(15);
    expect(done).toEqual([]);
    state.leads = true;
    state.fails = true;
    await pass(2);
    state.fails = false;
    await pass(1);
    expect(done).toHaveLength(1);
  });

  test("stops", async () => {
    const { target, done, pass } = fakeMember();
    startPeriodic(target, 10 * MINUTE).stop();
    await pass(30);
    expect(done).toEqual([]);
  });
});

test("startPeriodic() leaves a revision alone that it has compacted already", async () => {
  const { target, done, pass } = fakeMember();
  startPeriodic({ ...target, revision: () => 7 }, 10 * MINUTE);
  await pass(100);
  expect(done).toEqual([[10, 7]]);
});

test("startRevision() keeps the last revisions, looking each five minutes", async () => {
  const { target, done, pass } = fakeMember();
  startRevision(target, 8);
  await pass(20);
  expect(done).toEqual([
    [10, 3],
    [15, 8],
    [20, 13],
  ]);
});

describe("parseRetention()", () => {
  test.each([
    ["periodic", "0", 0],
    ["periodic", "", 0],
    ["periodic", "2", 2 * HOUR],
    ["periodic", "5m", 5 * MINUTE],
    ["periodic", "1h30m", 90 * MINUTE],
    ["periodic", "1.5s", 1_500],
    ["revision", "1000", 1_000],
  ] as const)("%s %s", (mode, retention, expected) => {
    expect(parseRetention(mode, retention)).toBe(expected);
  });

  test.each([
    ["periodic", "often"],
    ["periodic", "5x"],
    ["periodic", "-1h"],
    ["revision", "5m"],
  ] as const)("%s %s is refused", (mode, retention) => {
    expect(() => parseRetention(mode, retention)).toThrow(ServerError);
  });
});
