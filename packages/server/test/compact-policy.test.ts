import type { Store, StoredKeyValue } from "@nodetcd/mvcc";
import { silentLogger } from "@nodetcd/runtime";
import { VirtualClock } from "@nodetcd/simulator";
import { METHODS } from "@nodetcd/messages";
import { describe, expect, test } from "vitest";
import { startPeriodic } from "../src/compact-policy/periodic.ts";
import type { CompactionTarget } from "../src/compact-policy/policy.ts";
import { parseRetention } from "../src/compact-policy/retention.ts";
import { Pins } from "../src/compact-policy/pins.ts";
import { startRevision } from "../src/compact-policy/revision.ts";
import { ServerError } from "../src/errors.ts";
import { PIN_LIMIT_MS, PINS_MAX } from "../src/limits.ts";
import { call } from "./support/cluster.ts";
import { bytes, dispose, failure, startTestMember } from "./support/member.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A member whose revision grows by one a minute; records what is compacted when, in minutes. */
function fakeMember() {
  const clock = new VirtualClock();
  const done: [minute: number, revision: number][] = [];
  const state = { leads: true, fails: false, pinned: Infinity };
  const minute = (): number => Math.floor(clock.monotonic() / MINUTE);
  const target: CompactionTarget = {
    clock,
    logger: silentLogger,
    isLeader: () => state.leads,
    revision: () => 1 + minute(),
    compact: (revision) => {
      if (state.fails) return Promise.reject(new Error("no quorum"));
      const held = Math.min(revision, state.pinned);
      done.push([minute(), held]);
      return Promise.resolve(held);
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

  test("comes back to what a pin has held back, also when nothing was written since", async () => {
    const { target, done, state, pass } = fakeMember();
    startPeriodic({ ...target, revision: () => 7 }, 10 * MINUTE);
    state.pinned = 3;
    await pass(25);
    state.pinned = Infinity;
    await pass(25);
    expect(done).toEqual([
      [10, 3],
      [20, 3],
      [30, 7],
    ]);
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

/** A store that holds these pins, by name. */
function pinStore(values: Record<string, string>): Pick<Store, "range"> {
  const keyValues = Object.entries(values).map(([name, value]) => ({
    key: bytes(`nodetcd/pins/${name}`),
    value: bytes(value),
    createRevision: 1,
  }));
  return {
    range: (_key, _end, { limit = 0 } = {}) => ({
      revision: 9,
      count: keyValues.length,
      keyValues: keyValues.slice(0, limit) as unknown as StoredKeyValue[],
    }),
  };
}

describe("Pins.oldest()", () => {
  test("is the lowest revision; what is no pin does not count", () => {
    const values = {
      a: '{"revision":8}',
      b: '{"revision":5,"reason":"backup"}',
      c: "null",
      d: '{"revision":-1}',
      e: "3",
      f: "no JSON",
    };
    const pins = new Pins(pinStore(values), new VirtualClock(), silentLogger);
    expect(pins.oldest()).toEqual({ key: "nodetcd/pins/b", revision: 5 });
    expect(new Pins(pinStore({}), new VirtualClock(), silentLogger).oldest()).toBeUndefined();
  });

  test("a pin counts until the limit, not longer, as long as it stays there", () => {
    const clock = new VirtualClock();
    const pins = new Pins(pinStore({ a: '{"revision":5}' }), clock, silentLogger);
    pins.look();
    clock.advance(PIN_LIMIT_MS - 1);
    expect(pins.oldest()?.revision).toBe(5);
    clock.advance(1);
    expect(pins.oldest()).toBeUndefined();
    expect(pins.oldest()).toBeUndefined();
  });

  test("raises where there are more than are looked at", () => {
    const many = Object.fromEntries(
      Array.from({ length: PINS_MAX + 1 }, (_, i) => [String(i), '{"revision":5}']),
    );
    const pins = new Pins(pinStore(many), new VirtualClock(), silentLogger);
    expect(() => pins.oldest()).toThrow("more than 1000 pins");
  });
});

test("a member's own compaction stops at a pin, and goes on when its lease has ended", async () => {
  const member = await startTestMember({
    autoCompactionMode: "periodic",
    autoCompactionRetention: "200ms",
  });
  try {
    const { id } = await member.grant(600);
    await member.put("nodetcd/pins/1", '{"revision":4}', { lease: id });
    for (let i = 0; i < 5; i++) await member.put("key", String(i));
    const readAt = (revision: number) => failure(member.range("key", { revision }));
    const compacted = async (revision: number): Promise<void> => {
      for (;;) {
        const answer = await readAt(revision).catch(() => undefined);
        if (answer !== undefined) return expect(answer.message).toMatch("has been compacted");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await compacted(3);
    // Several periods later it is still there.
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect((await member.range("key", { revision: 4 })).kvs).toHaveLength(1);
    }
    await call(member, METHODS.Lease.LeaseRevoke, { id });
    await compacted(4);
  } finally {
    await dispose(member);
  }
});
