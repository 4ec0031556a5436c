/** The families that the console looks at; all else is skipped unread. */
const WANTED =
  /^(?:etcd_(?:disk_(?:wal_fsync|backend_commit)_duration_seconds_bucket|network_peer_round_trip_time_seconds_bucket|server_(?:slow_apply_total|slow_read_indexes_total|leader_changes_seen_total|proposals_failed_total|proposals_pending|heartbeat_send_failures_total|quota_backend_bytes)|debugging_mvcc_(?:slow_watcher_total|watcher_total))|process_resident_memory_bytes)[ {]/;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{([^}]*)\})? (\S+)/;

/** Values of one member's metrics: sums over labels, and histograms by upper bound. */
export interface Metrics {
  readonly values: ReadonlyMap<string, number>;
  /** Cumulative counts by upper bound (`Infinity` last), ascending; labels are added up. */
  readonly histograms: ReadonlyMap<string, Histogram>;
}

export type Histogram = readonly { readonly le: number; readonly count: number }[];

/** Reads Prometheus' text form. Lines that are none are left out. */
export function parseMetrics(text: string): Metrics {
  const values = new Map<string, number>();
  const buckets = new Map<string, Map<number, number>>();
  for (const line of text.split("\n")) {
    if (!WANTED.test(line)) continue;
    const [, name = "", labels = "", number = ""] = LINE.exec(line) ?? [];
    const value = Number(number);
    if (name === "" || Number.isNaN(value)) continue;
    if (!name.endsWith("_bucket")) {
      values.set(name, (values.get(name) ?? 0) + value);
      continue;
    }
    const le = /(?:^|,)le="([^"]*)"/.exec(labels)?.[1] ?? "";
    const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
    const family = name.slice(0, -"_bucket".length);
    const counts = buckets.get(family) ?? new Map<number, number>();
    counts.set(bound, (counts.get(bound) ?? 0) + value);
    buckets.set(family, counts);
  }
  const histograms = new Map<string, Histogram>();
  for (const [family, counts] of buckets) {
    const sorted = [...counts].sort(([a], [b]) => a - b);
    histograms.set(
      family,
      sorted.map(([le, count]) => ({ le, count })),
    );
  }
  return { values, histograms };
}

/** What was counted between two readings; the later one alone after a restart of the member. */
export function histogramSince(now: Histogram, before: Histogram | undefined): Histogram {
  const total = now.at(-1)?.count ?? 0;
  if (before === undefined || before.length !== now.length) return now;
  if ((before.at(-1)?.count ?? 0) > total) return now;
  return now.map(({ le, count }, at) => ({ le, count: count - before[at]!.count }));
}

/**
 * The value that a share of what was counted does not exceed, by a straight line inside its bucket,
 * as Prometheus' `histogram_quantile` does. Undefined when less than `least` was counted: a percentile of a
 * handful says nothing.
 */
export function quantile(histogram: Histogram, share: number, least = 20): number | undefined {
  const total = histogram.at(-1)?.count ?? 0;
  if (total < least) return undefined;
  const wanted = total * share;
  const at = histogram.findIndex(({ count }) => count >= wanted);
  const bucket = histogram[at];
  if (bucket === undefined) return undefined;
  const below = at === 0 ? { le: 0, count: 0 } : histogram[at - 1]!;
  if (bucket.le === Number.POSITIVE_INFINITY) return below.le;
  const inside = bucket.count - below.count;
  const part = inside === 0 ? 1 : (wanted - below.count) / inside;
  return below.le + (bucket.le - below.le) * part;
}
