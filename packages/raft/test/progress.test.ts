import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Inflights } from "../src/progress/inflights.ts";
import { Progress } from "../src/progress/progress.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

describe("Inflights", () => {
  test(`equals a plain list (seed ${seed})`, () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), by: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant("free" as const), by: fc.integer({ min: -2, max: 20 }) }),
      fc.record({ kind: fc.constant("reset" as const), by: fc.constant(0) }),
    );
    const cases = [
      fc.integer({ min: 1, max: 20 }),
      fc.oneof(fc.constant(Infinity), fc.nat(40)),
      fc.array(action, { maxLength: 120 }),
    ] as const;
    fc.assert(
      fc.property(...cases, (limit, maxBytes, actions) => {
        const inflights = new Inflights(limit, maxBytes);
        let list: { index: number; bytes: number }[] = [];
        let last = 0;
        for (const { kind, by } of actions) {
          const bytes = list.reduce((sum, each) => sum + each.bytes, 0);
          const full = list.length === limit || bytes >= maxBytes;
          expect(inflights.full).toBe(full);
          if (kind === "reset") {
            inflights.reset();
            list = [];
          } else if (kind === "free") {
            const upTo = (list[0]?.index ?? last) + by;
            inflights.freeUpTo(upTo);
            list = list.filter((each) => each.index > upTo);
          } else if (full) {
            expect(() => inflights.add(last + by, by)).toThrow("Full inflights");
          } else {
            last += by;
            inflights.add(last, by);
            list.push({ index: last, bytes: by });
          }
          expect(inflights.count).toBe(list.length);
          expect(inflights.bytes).toBe(list.reduce((sum, each) => sum + each.bytes, 0));
        }
      }),
      { seed, numRuns: 500 },
    );
  });
});

function progress(state: Progress["state"], match: number, next: number): Progress {
  const made = new Progress(2n, next, false, new Inflights(2, Infinity));
  made.match = match;
  made.state = state;
  return made;
}

describe("Progress", () => {
  test("maybeDecreaseTo ignores old refusals and never goes to or below match", () => {
    const cases: [Progress["state"], number, number, number, number, boolean, number][] = [
      ["replicate", 5, 10, 5, 5, false, 10],
      ["replicate", 5, 10, 9, 9, true, 6],
      ["probe", 0, 10, 5, 5, false, 10],
      ["probe", 0, 10, 9, 9, true, 9],
      ["probe", 0, 2, 1, 1, true, 1],
      ["probe", 0, 10, 9, 2, true, 3],
      ["probe", 0, 10, 9, 0, true, 1],
      ["probe", 4, 10, 9, 0, true, 5],
    ];
    for (const [state, match, next, rejected, hint, expected, nextAfter] of cases) {
      const member = progress(state, match, next);
      expect(member.maybeDecreaseTo(rejected, hint)).toBe(expected);
      expect(member.next).toBe(nextAfter);
    }
  });

  test("a probe pauses with entries, replication pauses with a full window", () => {
    const probing = progress("probe", 0, 1);
    probing.sentEntries(0, 0);
    expect(probing.isPaused).toBe(false);
    probing.sentEntries(3, 30);
    expect([probing.isPaused, probing.next]).toEqual([true, 1]);

    const following = progress("replicate", 0, 1);
    following.sentEntries(1, 10);
    expect(following.isPaused).toBe(false);
    following.sentEntries(2, 20);
    expect([following.isPaused, following.next, following.inflights.bytes]).toEqual([true, 4, 30]);
    expect(following.maybeUpdate(1)).toBe(true);
    following.inflights.freeUpTo(1);
    expect(following.isPaused).toBe(false);
  });

  test("after a snapshot it is probed behind it, after a failed one from match", () => {
    const arrived = progress("replicate", 1, 5);
    arrived.becomeSnapshot(10);
    expect([arrived.isPaused, arrived.next]).toEqual([true, 11]);
    expect(() => arrived.sentEntries(1, 1)).toThrow("unhandled state");
    arrived.becomeProbe();
    expect(arrived.next).toBe(11);

    const failed = progress("replicate", 1, 5);
    failed.becomeSnapshot(10);
    failed.pendingSnapshot = 0;
    failed.becomeProbe();
    expect(failed.next).toBe(2);
  });

  test("toString is the line of logs and status", () => {
    const member = new Progress(1n, 2, true, new Inflights(1, Infinity));
    member.match = 1;
    member.becomeSnapshot(123);
    member.inflights.add(123, 1);
    expect(member.toString()).toBe(
      "StateSnapshot match=1 next=124 learner paused pendingSnap=123 inactive inflight=1[full]",
    );
  });
});
