import type { LogFields, Logger } from "@nodetcd/runtime";
import type { Round, RoundOutcome } from "./round.ts";

const MESSAGES: Readonly<Record<Exclude<RoundOutcome, "failed">, string>> = {
  compacted: "compacted: this compactor won the round",
  bootstrap: "not compacted: won the first round, which only remembers the revision",
  lost: "not compacted: another compactor won the round",
  pinned: "not compacted: a pin keeps all history that would have gone",
  "already-compacted": "not compacted: history is compacted as far as that already",
};

const DRY_MESSAGES: Readonly<Record<Exclude<RoundOutcome, "failed">, string>> = {
  compacted: "dry run: would have competed for the round, and compacted had it won",
  bootstrap: "dry run: a first round would only have remembered the revision",
  lost: "dry run: another compactor has won the round",
  pinned: "dry run: a pin would have kept all history",
  "already-compacted": "dry run: history is compacted as far as that already",
};

/** One line a round that says what it did and why. */
export function report(logger: Logger, round: Round, tookMs: number, dryRun: boolean): void {
  const { memory, compactedRevision, pin, outcome, error } = round;
  const fields: LogFields = {
    "compacted-revision": compactedRevision === 0 ? undefined : compactedRevision,
    clock: memory.clock,
    "next-revision": memory.revision,
    "took-ms": Math.round(tookMs),
    pin: pin?.key,
    "pinned-revision": pin?.revision,
    "pinned-for": pin?.reason === "" ? undefined : pin?.reason,
  };
  if (outcome === "failed") {
    logger.error("round failed, the next one goes on", { error: error?.message, ...fields });
  } else logger.info((dryRun ? DRY_MESSAGES : MESSAGES)[outcome], fields);
}
