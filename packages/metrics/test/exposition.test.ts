import { describe, expect, test } from "vitest";
import {
  counter,
  exposition,
  gauge,
  histogram,
  Histogram,
  HistogramFamily,
} from "../src/metrics.ts";

describe("exposition", () => {
  test("prints metrics and labels by name, and escapes what would break a line", () => {
    const rows = [
      gauge("b", "A\\b\nc", () => [[{ z: "1", a: 'say "x"\\\n' }, 2] as const]),
      counter("a_total", "All.", () => 3),
      gauge("unknown", "Has no value.", () => undefined),
      gauge("c", "Bounds.", () => Infinity),
    ];
    expect(exposition(rows)).toBe(
      [
        "# HELP a_total All.",
        "# TYPE a_total counter",
        "a_total 3",
        "# HELP b A\\\\b\\nc",
        "# TYPE b gauge",
        'b{a="say \\"x\\"\\\\\\n",z="1"} 2',
        "# HELP c Bounds.",
        "# TYPE c gauge",
        "c +Inf",
        "",
      ].join("\n"),
    );
  });

  test("a histogram has cumulative buckets, its sum and its count", () => {
    const seconds = new Histogram([0.5, 1]);
    for (const value of [0.5, 0.6, 7]) seconds.observe(value);
    const row = histogram("s", "Seconds.", () => [[{ To: "a" }, seconds] as const]);
    expect(exposition([row]).split("\n").slice(2)).toEqual([
      's_bucket{To="a",le="0.5"} 1',
      's_bucket{To="a",le="1"} 2',
      's_bucket{To="a",le="+Inf"} 3',
      's_sum{To="a"} 8.1',
      's_count{To="a"} 3',
      "",
    ]);
  });

  test("a family shows the series that were counted in, and one without labels", () => {
    const family = new HistogramFamily("x_seconds", "Seconds.", [0.1]);
    family.series({ op: "unused" });
    expect(exposition([family])).toBe("");
    family.series({ op: "Put" }).observe(0.25, 4);
    expect(exposition([family])).toContain('x_seconds_bucket{op="Put",le="+Inf"} 4\n');
    expect(exposition([family])).not.toContain("unused");
    const plain = new HistogramFamily("y_seconds", "Seconds.", [0.1]);
    plain.series();
    expect(exposition([plain])).toContain("y_seconds_count 0\n");
  });
});
