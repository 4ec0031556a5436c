import { nodeClock } from "@nodetcd/runtime/node";
import { describe, expect, test } from "vitest";
import { AbuseGuard } from "../src/http2/abuse-guards.ts";
import { PingRules } from "../src/server/ping-rules.ts";

/** A clock that stands until `now` is set. */
function standingClock() {
  const time = { now: 1000 };
  return { time, clock: { ...nodeClock, monotonic: () => time.now } };
}

describe("AbuseGuard", () => {
  test("count() raises beyond the burst, and forgives so many a second", () => {
    const { time, clock } = standingClock();
    const guard = new AbuseGuard(clock, "frames", { burst: 10, perSecond: 5 });
    for (let i = 0; i < 10; i++) guard.count();
    time.now += 1000;
    for (let i = 0; i < 5; i++) guard.count();
    expect(() => guard.count()).toThrow("Too many frames");
    time.now += 60_000;
    for (let i = 0; i < 10; i++) guard.count();
    expect(() => guard.count()).toThrow("Too many frames");
  });
});

describe("PingRules", () => {
  const connection = { answers: 0, streams: new Set(["a call"]) };
  const check = (rules: PingRules): void => rules.check(connection);

  test("check() raises at the third strike, counted from the last answer", () => {
    const { clock } = standingClock();
    const rules = new PingRules(clock, 5000);
    for (let round = 0; round < 4; round++) {
      connection.answers++;
      check(rules);
      check(rules);
      check(rules);
    }
    expect(() => check(rules)).toThrow("too_many_pings");
  });

  test("check() lets PINGs through that keep their distance: five seconds, two hours without calls", () => {
    const { time, clock } = standingClock();
    const rules = new PingRules(clock, 5000);
    for (let i = 0; i < 20; i++, time.now += 5000) check(rules);
    connection.streams.clear();
    for (let i = 0; i < 2; i++, time.now += 5000) check(rules);
    expect(() => check(rules)).toThrow("too_many_pings");
  });
});
