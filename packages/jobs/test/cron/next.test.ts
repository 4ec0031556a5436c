import { describe, expect, it } from "vitest";
import { missedSlots } from "../../src/cron/missed.ts";
import { type DstPolicy, nextSlot } from "../../src/cron/next.ts";
import { parseSchedule } from "../../src/cron/parse-schedule.ts";
import type { Schedule } from "../../src/cron/schedule.ts";
import { isZone, zoneNamed } from "../../src/cron/zone.ts";

function schedule(text: string): Schedule {
  const parsed = parseSchedule(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.schedule;
}

function slots(
  text: string,
  zone: string,
  after: string,
  count: number,
  dst?: DstPolicy,
): string[] {
  const found: string[] = [];
  let at: number | undefined = Date.parse(after);
  while (found.length < count) {
    at = nextSlot(schedule(text), zoneNamed(zone)!, at, dst);
    if (at === undefined) break;
    found.push(new Date(at).toISOString());
  }
  return found;
}

describe("nextSlot", () => {
  it("gives a wall time in the spring gap no slot that day", () => {
    expect(slots("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2)).toEqual([
      "2026-03-09T06:30:00.000Z",
      "2026-03-10T06:30:00.000Z",
    ]);
  });

  it("gives a wall time of the autumn overlap two slots", () => {
    expect(slots("30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", 3)).toEqual([
      "2026-11-01T05:30:00.000Z",
      "2026-11-01T06:30:00.000Z",
      "2026-11-02T06:30:00.000Z",
    ]);
  });

  it("with the policy once moves the skipped time to the end of the gap", () => {
    expect(slots("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2, "once")).toEqual([
      "2026-03-08T07:00:00.000Z",
      "2026-03-09T06:30:00.000Z",
    ]);
    expect(slots("30 2 * * *", "America/New_York", "2026-03-08T07:00:00Z", 1, "once")).toEqual([
      "2026-03-09T06:30:00.000Z",
    ]);
  });

  it("with the policy once uses only the first of two equal times, wherever the search begins", () => {
    const expected = ["2026-11-01T05:30:00.000Z", "2026-11-02T06:30:00.000Z"];
    expect(slots("30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", 2, "once")).toEqual(
      expected,
    );
    expect(slots("30 1 * * *", "America/New_York", "2026-11-01T05:30:00Z", 1, "once")).toEqual(
      expected.slice(1),
    );
    expect(slots("30 1 * * *", "America/New_York", "2026-11-01T06:10:00Z", 1, "once")).toEqual(
      expected.slice(1),
    );
  });

  it("with the policy once leaves schedules of every hour alone", () => {
    expect(slots("30 * * * *", "America/New_York", "2026-11-01T05:00:00Z", 3, "once")).toEqual(
      slots("30 * * * *", "America/New_York", "2026-11-01T05:00:00Z", 3),
    );
  });

  it("takes the zone in front of the fields over the caller's", () => {
    expect(slots("TZ=Asia/Tokyo 0 9 * * *", "UTC", "2026-01-01T00:00:00Z", 1)).toEqual([
      "2026-01-02T00:00:00.000Z",
    ]);
  });

  it("answers at once for a schedule that never comes", () => {
    for (const text of [", * * * *", "* , * * *", "0 0 , , ,", "0 0 31 2 *"]) {
      expect(slots(text, "Europe/Berlin", "2026-01-01T00:00:00Z", 1)).toEqual([]);
    }
  });
});

describe("missedSlots", () => {
  const utc = zoneNamed("UTC")!;
  const at = (text: string): number => Date.parse(text);

  it("counts the slots after the earliest up to and with now", () => {
    const missed = missedSlots(
      schedule("*/10 * * * *"),
      utc,
      at("2026-01-01T00:00:00Z"),
      at("2026-01-01T00:30:00Z"),
    );
    expect(missed).toEqual({
      newest: at("2026-01-01T00:30:00Z"),
      oldest: at("2026-01-01T00:10:00Z"),
      slots: ["10", "20", "30"].map((minute) => at(`2026-01-01T00:${minute}:00Z`)),
      many: false,
    });
  });

  it("finds the newest of very many without walking through all", () => {
    const missed = missedSlots(schedule("* * * * *"), utc, 0, at("2026-01-01T00:00:30Z"));
    expect(missed.newest).toBe(at("2026-01-01T00:00:00Z"));
    expect(missed.many).toBe(true);
    const rare = missedSlots(
      schedule("0 0 1 1 *"),
      utc,
      at("1800-01-01T00:00:00Z"),
      at("2026-12-31T00:00:00Z"),
    );
    expect(rare.newest).toBe(at("2026-01-01T00:00:00Z"));
  });

  it("counts @every from the earliest", () => {
    const missed = missedSlots(schedule("@every 7s"), utc, 1_500, 1_000_000_000);
    expect((missed.newest! - 1_000) % 7_000).toBe(0);
    expect(1_000_000_000 - missed.newest!).toBeLessThan(7_000);
  });
});

describe("isZone", () => {
  it("takes the names of the list in their spelling alone", () => {
    for (const name of [
      "UTC",
      "",
      "Europe/Berlin",
      "America/Argentina/Buenos_Aires",
      "Etc/GMT+5",
      "EST5EDT",
    ]) {
      expect([name, isZone(name)]).toEqual([name, true]);
    }
    for (const name of ["utc", "europe/berlin", "EUROPE/BERLIN", "+01:00", "Mars/Base", "Local"]) {
      expect([name, isZone(name)]).toEqual([name, false]);
    }
  });
});
