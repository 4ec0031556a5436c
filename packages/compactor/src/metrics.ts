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
  #compactedRevision = 0;
  #pinnedRevision = 0;
  #clock = 0;
  #nextRevision = 0;
  #seconds = 0;
  #lastRoundMs = 0;

  /** @param endedAtMs wall clock, milliseconds since 1970 */
  count(round: Round, tookMs: number, endedAtMs: number): void {
    this.#rounds.set(round.outcome, this.rounds(round.outcome) + 1);
    if (round.compactedRevision > 0) this.#compactedRevision = round.compactedRevision;
    this.#pinnedRevision = round.pin?.revision ?? 0;
    this.#clock = round.memory.clock;
    this.#nextRevision = round.memory.revision;
    this.#seconds += tookMs / 1_000;
    this.#lastRoundMs = endedAtMs;
  }

  /** Rounds that ended like this; all without an argument. */
  rounds(outcome?: RoundOutcome): number {
    if (outcome !== undefined) return this.#rounds.get(outcome) ?? 0;
    return [...this.#rounds.values()].reduce((sum, count) => sum + count, 0);
  }

  /** In Prometheus' text format. */
  text(): string {
    const outcomes = OUTCOMES.map((outcome): [string, number] => [
      `{outcome="${outcome}"}`,
      this.rounds(outcome),
    ]);
    return [
      family("rounds_total", "counter", "Rounds by how they ended.", outcomes),
      single(
        "compacted_revision",
        "Last revision that this compactor compacted at.",
        this.#compactedRevision,
      ),
      single(
        "pinned_revision",
        "Revision of the pin that held the last round back; 0: none.",
        this.#pinnedRevision,
      ),
      single("clock", "Version of compact_rev_key as last seen.", this.#clock),
      single("next_revision", "Revision that the next round compacts at.", this.#nextRevision),
      single(
        "last_round_timestamp_seconds",
        "When the last round ended.",
        this.#lastRoundMs / 1_000,
      ),
      family("round_duration_seconds", "summary", "Time that rounds took.", [
        ["_sum", this.#seconds],
        ["_count", this.rounds()],
      ]),
    ].join("");
  }
}

function single(name: string, help: string, value: number): string {
  return family(name, "gauge", help, [["", value]]);
}

function family(
  name: string,
  type: "counter" | "gauge" | "summary",
  help: string,
  samples: readonly (readonly [suffix: string, value: number])[],
): string {
  const full = `nodetcd_compactor_${name}`;
  const lines = samples.map(([suffix, value]) => `${full}${suffix} ${value}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines, ""].join("\n");
}
