import {
  counter,
  exponential,
  gauge,
  histogram,
  LabelledHistogram,
  LabelledNumber,
  type Labels,
  type Metric,
} from "@nodetcd/metrics";

/** What the transport counts, by the id of the peer as etcd prints it. */
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
  readonly snapshotSendSeconds: LabelledHistogram = snapshotSeconds();
  readonly snapshotsReceived: LabelledNumber = new LabelledNumber();
  readonly snapshotsReceiving: LabelledNumber = new LabelledNumber();
  readonly snapshotReceiveFailures: LabelledNumber = new LabelledNumber();
  readonly snapshotReceiveSeconds: LabelledHistogram = snapshotSeconds();
  readonly roundTripSeconds: LabelledHistogram = new LabelledHistogram(exponential(0.0001, 2, 16));
}

function snapshotSeconds(): LabelledHistogram {
  return new LabelledHistogram(exponential(0.1, 2, 10));
}

interface Labelled<T> {
  entries(): Iterable<[string, T]>;
}

type Rows<T> = Generator<[Labels, T]>;

/** Everything that the transport counts, under etcd's names. @param own the member's id as etcd prints it */
export function peerMetrics(counters: Counters, own: string): Metric[] {
  return [...linkMetrics(counters, own), ...snapshotMetrics(counters)];
}

/** One row for each peer in the part that the label names. */
const to =
  <T>(values: Labelled<T>) =>
  (): Rows<T> =>
    labelled(values, (To) => ({ To }));
const from =
  <T>(values: Labelled<T>) =>
  (): Rows<T> =>
    labelled(values, (From) => ({ From }));

function linkMetrics(c: Counters, own: string): Metric[] {
  const between = (values: LabelledNumber) => () =>
    labelled(values, (Remote) => ({ Local: own, Remote }));
  return [
    gauge(
      "etcd_network_active_peers",
      "The current number of active peer connections.",
      between(c.activePeers),
    ),
    gauge("etcd_network_known_peers", "The current number of known peers.", between(c.knownPeers)),
    counter(
      "etcd_network_disconnected_peers_total",
      "The total number of disconnected peers.",
      between(c.disconnectedPeers),
    ),
    counter(
      "etcd_network_peer_sent_bytes_total",
      "The total number of bytes sent to peers.",
      to(c.sentBytes),
    ),
    counter(
      "etcd_network_peer_received_bytes_total",
      "The total number of bytes received from peers.",
      from(c.receivedBytes),
    ),
    counter(
      "etcd_network_peer_sent_failures_total",
      "The total number of send failures from peers.",
      to(c.sentFailures),
    ),
    counter(
      "etcd_network_peer_received_failures_total",
      "The total number of receive failures from peers.",
      from(c.receivedFailures),
    ),
    histogram(
      "etcd_network_peer_round_trip_time_seconds",
      "Round-Trip-Time histogram between peers",
      to(c.roundTripSeconds),
    ),
  ];
}

function* labelled<T>(values: Labelled<T>, labels: (peer: string) => Labels): Rows<T> {
  for (const [peer, value] of values.entries()) yield [labels(peer), value];
}

function snapshotMetrics(c: Counters): Metric[] {
  return [
    counter(
      "etcd_network_snapshot_send_success",
      "Total number of successful snapshot sends",
      to(c.snapshotsSent),
    ),
    gauge(
      "etcd_network_snapshot_send_inflights_total",
      "Total number of inflight snapshot sends",
      to(c.snapshotsSending),
    ),
    counter(
      "etcd_network_snapshot_send_failures",
      "Total number of snapshot send failures",
      to(c.snapshotSendFailures),
    ),
    histogram(
      "etcd_network_snapshot_send_total_duration_seconds",
      "Total latency distributions of v3 snapshot sends",
      to(c.snapshotSendSeconds),
    ),
    counter(
      "etcd_network_snapshot_receive_success",
      "Total number of successful snapshot receives",
      from(c.snapshotsReceived),
    ),
    gauge(
      "etcd_network_snapshot_receive_inflights_total",
      "Total number of inflight snapshot receives",
      from(c.snapshotsReceiving),
    ),
    counter(
      "etcd_network_snapshot_receive_failures",
      "Total number of snapshot receive failures",
      from(c.snapshotReceiveFailures),
    ),
    histogram(
      "etcd_network_snapshot_receive_total_duration_seconds",
      "Total latency distributions of v3 snapshot receives",
      from(c.snapshotReceiveSeconds),
    ),
  ];
}
