import { LABELS_MAX } from "./limits.ts";

/** A number for each peer, by the peer's id as etcd prints it. */
export class LabelledNumber {
  readonly #values = new Map<string, number>();

  get(label: string): number {
    return this.#values.get(label) ?? 0;
  }

  set(label: string, value: number): void {
    this.#values.set(this.#label(label), value);
  }

  add(label: string, by: number): void {
    const key = this.#label(label);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  entries(): IterableIterator<[string, number]> {
    return this.#values.entries();
  }

  /** Labels come from peers, so their number is bounded. */
  #label(label: string): string {
    return this.#values.has(label) || this.#values.size < LABELS_MAX ? label : "0";
  }
}

/** How many observations were at most as large as each bound, for each peer. */
export class LabelledHistogram {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  readonly #series = new Map<string, { counts: number[]; sum: number; count: number }>();

  /** @param first the lowest bound; each next is twice as large */
  constructor(first: number, buckets: number) {
    this.bounds = Array.from({ length: buckets }, (_, i) => first * 2 ** i);
  }

  observe(label: string, value: number): void {
    const key = this.#series.has(label) || this.#series.size < LABELS_MAX ? label : "0";
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { counts: this.bounds.map(() => 0), sum: 0, count: 0 };
      this.#series.set(key, series);
    }
    series.sum += value;
    series.count++;
    for (const [i, bound] of this.bounds.entries()) if (value <= bound) series.counts[i]!++;
  }

  /** Label, cumulative counts by bound, sum, count. */
  *entries(): Generator<[string, readonly number[], number, number]> {
    for (const [label, { counts, sum, count }] of this.#series) yield [label, counts, sum, count];
  }
}

/** What the transport counts; the server shows it under etcd's names (`METRICS`). */
export class Counters {
  readonly activePeers: LabelledNumber = new LabelledNumber();
  readonly knownPeers: LabelledNumber = new LabelledNumber();
  readonly disconnectedPeers: LabelledNumber = new LabelledNumber();
  readonly sentBytes: LabelledNumber = new LabelledNumber();
  readonly receivedBytes: LabelledNumber = new LabelledNumber();
  readonly sentFailures: LabelledNumber = new LabelledNumber();
  readonly receivedFailures: LabelledNumber = new LabelledNumber();
  readonly snapshotsSent: LabelledNumber = new LabelledNumber();
  readonly snapshotsSending: LabelledNumber = new LabelledNumber();
  readonly snapshotSendFailures: LabelledNumber = new LabelledNumber();
  readonly snapshotSendSeconds: LabelledHistogram = new LabelledHistogram(0.1, 10);
  readonly snapshotsReceived: LabelledNumber = new LabelledNumber();
  readonly snapshotsReceiving: LabelledNumber = new LabelledNumber();
  readonly snapshotReceiveFailures: LabelledNumber = new LabelledNumber();
  readonly snapshotReceiveSeconds: LabelledHistogram = new LabelledHistogram(0.1, 10);
  readonly roundTripSeconds: LabelledHistogram = new LabelledHistogram(0.0001, 16);
}

export interface MetricRow {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** The label that holds the peer's id. */
  readonly label: "To" | "From" | "Remote";
  /** The own id stands beside it under `Local`. */
  readonly local: boolean;
  readonly values: (counters: Counters) => LabelledNumber | LabelledHistogram;
}

type Values = MetricRow["values"];

function row(
  kind: MetricRow["kind"],
  name: string,
  label: MetricRow["label"],
  help: string,
  values: Values,
): MetricRow {
  return { name: `etcd_network_${name}`, help, kind, label, local: label === "Remote", values };
}

/** Every metric of the transport under etcd's name, for an exposition to walk through. */
export const METRICS: readonly MetricRow[] = [
  row(
    "gauge",
    "active_peers",
    "Remote",
    "The current number of active peer connections.",
    (c) => c.activePeers,
  ),
  row("gauge", "known_peers", "Remote", "The current number of known peers.", (c) => c.knownPeers),
  row(
    "counter",
    "disconnected_peers_total",
    "Remote",
    "The total number of disconnected peers.",
    (c) => c.disconnectedPeers,
  ),
  row(
    "counter",
    "peer_sent_bytes_total",
    "To",
    "The total number of bytes sent to peers.",
    (c) => c.sentBytes,
  ),
  row(
    "counter",
    "peer_received_bytes_total",
    "From",
    "The total number of bytes received from peers.",
    (c) => c.receivedBytes,
  ),
  row(
    "counter",
    "peer_sent_failures_total",
    "To",
    "The total number of send failures from peers.",
    (c) => c.sentFailures,
  ),
  row(
    "counter",
    "peer_received_failures_total",
    "From",
    "The total number of receive failures from peers.",
    (c) => c.receivedFailures,
  ),
  row(
    "counter",
    "snapshot_send_success",
    "To",
    "Total number of successful snapshot sends",
    (c) => c.snapshotsSent,
  ),
  row(
    "gauge",
    "snapshot_send_inflights_total",
    "To",
    "Total number of inflight snapshot sends",
    (c) => c.snapshotsSending,
  ),
  row(
    "counter",
    "snapshot_send_failures",
    "To",
    "Total number of snapshot send failures",
    (c) => c.snapshotSendFailures,
  ),
  row(
    "histogram",
    "snapshot_send_total_duration_seconds",
    "To",
    "Total latency distributions of v3 snapshot sends",
    (c) => c.snapshotSendSeconds,
  ),
  row(
    "counter",
    "snapshot_receive_success",
    "From",
    "Total number of successful snapshot receives",
    (c) => c.snapshotsReceived,
  ),
  row(
    "gauge",
    "snapshot_receive_inflights_total",
    "From",
    "Total number of inflight snapshot receives",
    (c) => c.snapshotsReceiving,
  ),
  row(
    "counter",
    "snapshot_receive_failures",
    "From",
    "Total number of snapshot receive failures",
    (c) => c.snapshotReceiveFailures,
  ),
  row(
    "histogram",
    "snapshot_receive_total_duration_seconds",
    "From",
    "Total latency distributions of v3 snapshot receives",
    (c) => c.snapshotReceiveSeconds,
  ),
  row(
    "histogram",
    "peer_round_trip_time_seconds",
    "To",
    "Round-Trip-Time histogram between peers",
    (c) => c.roundTripSeconds,
  ),
];
