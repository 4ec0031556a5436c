import { VirtualClock } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { FailedLogins } from "../src/failed-logins.ts";
import {
  LOGIN_FAILURES_FORGOTTEN_MS,
  LOGIN_FAILURES_FREE_ADDRESS,
  LOGIN_FAILURES_FREE_USER,
  LOGIN_FAILURES_KEPT_MAX,
  LOGINS_DELAYED_MAX,
} from "../src/limits.ts";
import { outcome } from "./support.ts";

const MAX_DELAY_MS = 1_000;

/** Runs one timer after the other, with what follows of each at its time. */
async function runOut(clock: VirtualClock): Promise<void> {
  do for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  while (clock.runNext());
}

function open(maxDelayMs = MAX_DELAY_MS) {
  const clock = new VirtualClock(0);
  const logins = new FailedLogins(clock, maxDelayMs);
  /** Milliseconds that an attempt waits; undefined: it is refused. */
  const waitOf = async (user: string, address: string): Promise<number | undefined> => {
    const begunMs = clock.monotonic();
    let result: number | undefined;
    const waiting = outcome(async () => {
      await logins.wait(user, address);
      result = clock.monotonic() - begunMs;
    });
    await runOut(clock);
    await waiting;
    return result;
  };
  const fail = (
    times: number,
    user: (i: number) => string,
    address: (i: number) => string,
  ): void => {
    for (let i = 0; i < times; i++) logins.add(user(i), address(i));
  };
  return { clock, logins, waitOf, fail };
}

const nowhere = (): string => "";
const ann = (): string => "ann";

test("wait: twice as long with each failure of a user, up to the longest delay; others do not wait", async () => {
  const waits: (number | undefined)[] = [];
  for (let beyond = 0; beyond <= 6; beyond++) {
    const { waitOf, fail } = open();
    fail(LOGIN_FAILURES_FREE_USER + beyond, ann, nowhere);
    expect(await waitOf("bob", "10.0.0.1")).toBe(0);
    const again = open();
    again.fail(LOGIN_FAILURES_FREE_USER + beyond, ann, nowhere);
    waits.push(await again.waitOf("ann", ""));
  }
  expect(waits).toEqual([0, 100, 200, 400, 800, 1_000, 1_000]);
});

test("wait: attempts of an address that failed begin one after the other, and too many are refused", async () => {
  const { clock, logins, fail } = open();
  fail(
    LOGIN_FAILURES_FREE_ADDRESS + 4,
    (i) => `user${i}`,
    () => "10.0.0.1",
  );
  const begun: number[] = [];
  const refused: string[] = [];
  const attempts = Array.from({ length: 20 }, async (_, i) => {
    const result = await outcome(() => logins.wait(`other${i}`, "10.0.0.1"));
    if (result === "ok") begun.push(clock.monotonic());
    else refused.push(result);
  });
  await runOut(clock);
  await Promise.all(attempts);
  expect(begun.slice(0, 3)).toEqual([800, 1_600, 2_400]);
  expect(begun.length + refused.length).toBe(20);
  expect(refused.length).toBeGreaterThan(10);
  expect(new Set(refused)).toEqual(new Set(["TOO_MANY_LOGINS"]));
  expect(logins.delayed).toBe(begun.length);
});

test("wait: failures are forgotten with time, and a user's with a login that goes well", async () => {
  const { clock, logins, fail, waitOf } = open();
  fail(LOGIN_FAILURES_FREE_USER * 2, ann, nowhere);
  clock.advance(LOGIN_FAILURES_FORGOTTEN_MS);
  expect(await waitOf("ann", "")).toBe(0);
  fail(20, ann, nowhere);
  logins.forgive("ann");
  expect(await waitOf("ann", "")).toBe(0);
});

test("wait: a table that is full forgets who failed first; few wait at a time", async () => {
  const { fail, logins, clock } = open();
  fail(LOGIN_FAILURES_FREE_USER + 1, ann, nowhere);
  fail(LOGIN_FAILURES_KEPT_MAX, (i) => `user${i}`, nowhere);
  const timers = clock.pendingTimers;
  await logins.wait("ann", "");
  expect(clock.pendingTimers).toBe(timers);
  fail(LOGIN_FAILURES_FREE_USER + 1, ann, nowhere);
  const waiting = Array.from({ length: LOGINS_DELAYED_MAX }, () => logins.wait("ann", ""));
  expect(await outcome(() => logins.wait("ann", ""))).toBe("TOO_MANY_LOGINS");
  await logins.wait("bob", "");
  clock.advance(MAX_DELAY_MS);
  await Promise.all(waiting);
});

test("wait: with a longest delay of 0 nobody waits", async () => {
  const { fail, waitOf } = open(0);
  fail(100, ann, () => "10.0.0.1");
  expect(await waitOf("ann", "10.0.0.1")).toBe(0);
});
