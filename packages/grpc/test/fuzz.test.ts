import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";
import { seed } from "./seed.ts";

test("400 hostile byte streams: no crash, nothing left behind, a good client unaffected", async () => {
  const report = await fuzz(400, seed);
  expect(report.goodCalls).toBeGreaterThan(5);
  expect(report.handlerCalls).toBeGreaterThan(report.goodCalls + 20);
  expect(report.connectionsLeft).toBe(1);
  expect(report.callsLeft).toBe(0);
});
