import { counter, exponential, exposition, gauge, Histogram, histogram } from "@nodetcd/metrics";
import type { Round, RoundOutcome } from "./round.ts";

const OUTCOMES: readonly RoundOutcome[] = [
  "compacted",
  "bootstrap",
  "lost",
  "pinned",
  "already-compacted",
  "failed",
];

/** Counts of one compactor since it was started. */
export class CompactorMetrics {
  readonly #rounds = new Map<RoundOutcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  readonly #seconds = new Histogram(exponential(0.001, 2, 16));
  #compactedRevision = 0;
  #pinnedRevision = 0;
  #clock = 0;
  #nextRevision = 0;
  #lastRoundMs = 0;
  readonly #rows = [
    counter("nodetcd_compactor_rounds_total", "Rounds by how they ended.", () =>
      OUTCOMES.map((outcome) => [{ outcome }, this.rounds(outcome)] as const),
    ),
    gauge(
      "nodetcd_compactor_compacted_revision",
      "Last revision that this compactor compacted at.",
      () => this.#compactedRevision,
    ),
    gauge(
      "nodetcd_compactor_pinned_revision",
      "Revision of the pin that held the last round back; 0: none.",
      () => this.#pinnedRevision,
    ),
    gauge("nodetcd_compactor_clock", "Version of compact_rev_key as last seen.", () => this.#clock),
    gauge(
      "nodetcd_compactor_next_revision",
      "Revision that the next round compacts at.",
      () => this.#nextRevision,
    ),
    gauge(
      "nodetcd_compactor_last_round_timestamp_seconds",
      "When the last round ended.",
      () => this.#lastRoundMs / 1_000,
    ),
    histogram("nodetcd_compactor_round_duration_seconds", "Time that rounds took.", () => [
      [{}, this.#seconds],
    ]),
  ];

  /** @param endedAtMs wall clock, milliseconds since 1970 */
  count(round: Round, tookMs: number, endedAtMs: number): void {
    this.#rounds.set(round.outcome, this.rounds(round.outcome) + 1);
    if (round.compactedRevision > 0) this.#compactedRevision = round.compactedRevision;
    this.#pinnedRevision = round.pin?.revision ?? 0;
    this.#clock = round.memory.clock;
    this.#nextRevision = round.memory.revision;
    this.#seconds.observe(tookMs / 1_000);
    this.#lastRoundMs = endedAtMs;
  }

  /** Rounds that ended like this; all without an argument. */
  rounds(outcome?: RoundOutcome): number {
    if (outcome !== undefined) return this.#rounds.get(outcome) ?? 0;
    return [...this.#rounds.values()].reduce((sum, count) => sum + count, 0);
  }

  /** In Prometheus' text format. */
  text(): string {
    return exposition(this.#rows);
  }
}
