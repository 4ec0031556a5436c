import { expect, test } from "vitest";
import { goDuration } from "../src/runtime.ts";

test.each([
  [0, "0s"],
  [0.000001, "1ns"],
  [0.00085, "850ns"],
  [0.04588, "45.88µs"],
  [1.122401, "1.122401ms"],
  [100, "100ms"],
  [999.5, "999.5ms"],
  [1_000, "1s"],
  [1_500, "1.5s"],
  [60_000, "1m0s"],
  [125_500, "2m5.5s"],
  [3_723_000, "1h2m3s"],
])("goDuration(%d) is %s", (milliseconds, text) => {
  expect(goDuration(milliseconds)).toBe(text);
});
