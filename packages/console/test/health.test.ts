import { expect, test } from "vitest";
import { histogramSince, parseMetrics, quantile } from "../src/members/metrics.ts";
import { forecast } from "../src/health/forecast.ts";
import { signals } from "../src/health/signals.ts";
import { happenings } from "../src/health/happenings.ts";
import type { Sample } from "../src/samples/sample.ts";
import { inSteps, Series } from "../src/samples/series.ts";

const sample = (at: number, more: Partial<Sample> = {}): Sample => ({
  at,
  cluster: "c",
  revision: at,
  oldest: 1,
  leader: "a",
  alarms: [],
  members: [{ id: "a", inUse: 1_000_000 + at / 1_000, size: 2_000_000 }],
  ...more,
});

test("parseMetrics: histograms by bound, sums over labels, junk left out", () => {
  const { values, histograms } = parseMetrics(
    [
      "# TYPE etcd_disk_wal_fsync_duration_seconds histogram",
      'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 50',
      'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 100',
      'etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 100',
      'etcd_server_heartbeat_send_failures_total{To="x"} 2',
      'etcd_server_heartbeat_send_failures_total{To="y"} 3',
      "etcd_server_slow_apply_total not-a-number",
      "go_goroutines 80",
    ].join("\n"),
  );
  expect(values.get("etcd_server_heartbeat_send_failures_total")).toBe(5);
  expect(values.has("go_goroutines")).toBe(false);
  expect(values.has("etcd_server_slow_apply_total")).toBe(false);
  const fsync = histograms.get("etcd_disk_wal_fsync_duration_seconds")!;
  expect(quantile(fsync, 0.5)).toBeCloseTo(0.001);
  expect(quantile(fsync, 0.99)).toBeCloseTo(0.00198);
});

test("quantile: of what came since, of nothing, of a handful, after a restart", () => {
  const before = [
    { le: 1, count: 1_000 },
    { le: 2, count: 1_000 },
    { le: Number.POSITIVE_INFINITY, count: 1_000 },
  ];
  const after = [
    { le: 1, count: 1_000 },
    { le: 2, count: 1_100 },
    { le: Number.POSITIVE_INFINITY, count: 1_100 },
  ];
  expect(quantile(histogramSince(after, before), 0.5)).toBe(1.5);
  expect(quantile(histogramSince(after, after), 0.5)).toBeUndefined();
  expect(quantile(histogramSince(before, after), 0.5)).toBe(0.5);
  expect(quantile([{ le: Number.POSITIVE_INFINITY, count: 19 }], 0.99)).toBeUndefined();
});

test("forecast: a line meets the quota where it should, with its range around", () => {
  const hour = 3_600_000;
  const samples = Array.from({ length: 121 }, (_, at) =>
    sample(at * 60_000 + 1, {
      members: [{ id: "a", inUse: 1e9 + at * 1e6 + (at % 2) * 1e5, size: 2e9 }],
    }),
  );
  const found = forecast(samples, 1.24e9)!;
  expect(found.bytesPerHour).toBeCloseTo(60e6, -5);
  expect(found.fullAt! - samples.at(-1)!.at).toBeGreaterThan(1.95 * hour);
  expect(found.fullAt! - samples.at(-1)!.at).toBeLessThan(2.05 * hour);
  expect(found.fullFrom!).toBeLessThan(found.fullAt!);
  expect(found.fullTo!).toBeGreaterThan(found.fullAt!);
  expect(forecast(samples.slice(0, 5), 2e9)).toBeUndefined();
  expect(forecast(samples, undefined)?.fullAt).toBeUndefined();
});

test("forecast: what was before a compaction does not count", () => {
  const size = (at: number): number => (at < 60 ? 5e9 + at * 1e7 : 1e9 + at * 1e5);
  const samples = Array.from({ length: 120 }, (_, at) =>
    sample(at * 60_000 + 1, { members: [{ id: "a", inUse: size(at), size: 6e9 }] }),
  );
  expect(forecast(samples, 8e9)!.bytesPerHour).toBeCloseTo(6e6, -4);
});

test("Series: keeps order, thins the older half, finds by time", () => {
  const series = new Series(100);
  for (let at = 1; at <= 1_000; at++) series.add(sample(at));
  series.add(sample(5));
  const times = series.all.map(({ at }) => at);
  expect(times.length).toBeLessThanOrEqual(100);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBe(1_000);
  expect(series.at(999)?.at).toBe(999);
  expect(series.at(0)).toBeUndefined();
  expect(series.since(990).map(({ at }) => at)).toContain(995);
});

test("inSteps: the highest of each step, null where there is none", () => {
  const steps = inSteps([sample(0), sample(4), sample(5), sample(95)], 0, 100, 10, ({ at }) => at);
  expect(steps).toEqual([5, null, null, null, null, null, null, null, null, 95]);
});

test("signals: counters are what they rose within an hour, also across a restart", () => {
  const at = (minutes: number): number => minutes * 60_000 + 1;
  const with_ = (minutes: number, slowApply: number): Sample =>
    sample(at(minutes), { members: [{ id: "a", slowApply }] });
  const names = new Map([["a", "etcd-a"]]);
  const now = (samples: Sample[]): number | undefined =>
    signals(samples, names).find(({ id }) => id === "slow-apply")?.now;
  expect(now([with_(0, 100), with_(30, 400), with_(89, 450), with_(90, 460)])).toBe(60);
  expect(now([with_(60, 100), with_(90, 7)])).toBe(7);
  const lag = signals([sample(1, { members: [{ id: "a", behind: 6_000 }] })], names);
  expect(lag[0]).toMatchObject({ id: "lag", rank: "act" });
  expect(signals([sample(1)], names).find(({ id }) => id === "fsync")?.now).toBeUndefined();
});

test("happenings: leaders, compactions, alarms, members that stop", () => {
  const samples = [
    sample(1_000),
    sample(2_000, { leader: "b", oldest: 1 }),
    sample(3_000, { leader: "b", oldest: 50, alarms: ["NOSPACE a"] }),
    sample(4_000, { leader: "b", oldest: 50, members: [{ id: "a" }] }),
  ];
  const texts = happenings(samples, new Map([["a", "etcd-a"]])).map(({ text }) => text);
  expect(texts).toEqual([
    "Leader etcd-a → b",
    "Compacted to 50",
    "NOSPACE on etcd-a raised",
    "NOSPACE on etcd-a disarmed",
    "etcd-a stopped answering",
  ]);
});
