import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nextSlot } from "../../src/cron/next.ts";
import { parseSchedule } from "../../src/cron/parse-schedule.ts";
import { zoneNamed } from "../../src/cron/zone.ts";

interface Vector {
  readonly E: string;
  readonly TZ: string;
  readonly From: string;
  readonly K: number;
  readonly runs?: readonly number[];
  readonly err?: string;
}

const file = ["..", "../.."]
  .map((up) => join(import.meta.dirname, "../../../..", up, "shared/data/cron-vectors.jsonl"))
  .find((path) => existsSync(path));

function answer(vector: Vector): { runs: number[] } | { err: string } {
  const parsed = parseSchedule(vector.E);
  if (!parsed.ok) return { err: parsed.error };
  const runs: number[] = [];
  let at: number | undefined = Date.parse(vector.From);
  while (runs.length < vector.K) {
    at = nextSlot(parsed.schedule, zoneNamed(vector.TZ)!, at);
    // The library's word for "never".
    runs.push(at ?? -1);
    if (at === undefined) break;
  }
  return { runs };
}

if (file === undefined) {
  console.warn("MISSING: cron-vectors.jsonl beside the checkout: the Go library is not compared");
}

describe("nextSlot and parseSchedule", () => {
  it.skipIf(file === undefined)("agree with the real Go library on every vector", () => {
    const vectors = readFileSync(file!, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Vector);
    const wrong = vectors.filter((vector) => {
      const got = answer(vector);
      // The library panics on a zone without fields; here it is an error like others.
      if (vector.err?.startsWith("panic ") === true) return !("err" in got);
      if (vector.err !== undefined) return !("err" in got) || got.err !== vector.err;
      return !("runs" in got) || JSON.stringify(got.runs) !== JSON.stringify(vector.runs);
    });
    expect(vectors).toHaveLength(2_954);
    expect(wrong.slice(0, 5).map((vector) => ({ vector, got: answer(vector) }))).toEqual([]);
  });
});
