import { describe, expect, test } from "vitest";
import { LabelledNumber } from "../src/metrics.ts";

describe("LabelledNumber", () => {
  test("labels that others choose are bounded: those beyond count together", () => {
    const numbers = new LabelledNumber();
    for (let i = 1; i <= 300; i++) numbers.add(`peer-${i}`, 1);
    const entries = new Map(numbers.entries());
    expect(entries.size).toBeLessThanOrEqual(257);
    expect(entries.get("peer-1")).toBe(1);
    expect([...entries.values()].reduce((sum, each) => sum + each, 0)).toBe(300);
  });
});
