import {
  type Client,
  compare,
  EtcdError,
  type KeyValue,
  op,
  type OpResult,
  type Pin,
  PIN_PREFIX,
} from "@nodetcd/client";
import { CALL_TIMEOUT_MS, PINS_MAX } from "./limits.ts";
import type { PinWatch } from "./pin-watch.ts";

/** The key that all compactors of a cluster compete for, Kubernetes' own among them. */
export const COMPACT_KEY = "compact_rev_key";

/** What a compactor remembers from one round to the next. */
export interface Memory {
  /** The logical clock: version of `compact_rev_key` as last seen; 0 when it was not there. */
  readonly clock: number;
  /** Revision of the store in the last answer: what the next round compacts at. 0: none yet. */
  readonly revision: number;
}

/**
 * What came of a round:
 * - `compacted`: won, and history before `compactedRevision` is gone;
 * - `bootstrap`: won, but no revision was remembered yet;
 * - `lost`: another compactor had this interval;
 * - `pinned`: won, but a pin keeps all that would have gone;
 * - `already-compacted`: won, but somebody else has compacted that far or further;
 * - `failed`: `error` says why; the next round goes on.
 */
export type RoundOutcome =
  "compacted" | "bootstrap" | "lost" | "pinned" | "already-compacted" | "failed";

export interface Round {
  readonly outcome: RoundOutcome;
  readonly memory: Memory;
  /** History before this revision was let go, or would have been (`dryRun`); 0: nothing. */
  readonly compactedRevision: number;
  /** The pin that held the revision back. */
  readonly pin?: Pin;
  readonly error?: Error;
}

export interface RoundOptions {
  readonly client: Client;
  readonly pins: PinWatch;
  readonly signal: AbortSignal;
  /** Look, and change nothing. */
  readonly dryRun: boolean;
}

interface Answer {
  readonly won: boolean;
  readonly memory: Memory;
  readonly pins: { readonly keyValues: readonly KeyValue[]; readonly more: boolean };
}

const PINS_ARE = { prefix: true, limit: PINS_MAX } as const;

/**
 * One round. Of all compactors that remember the same clock one wins it, by one transaction; it
 * compacts at the revision that it remembered from its round before:
 *
 *     clock 7, revision 1200, store at 1500
 *     If version(compact_rev_key) = 7 Then put(compact_rev_key, "1200") Else get(compact_rev_key)
 *     won: compact(1200), remember clock 8, revision 1501
 *     lost: remember the version that was there, and the revision of the answer
 *
 * Never rejects.
 */
export async function playRound(memory: Memory, options: RoundOptions): Promise<Round> {
  let next = memory;
  try {
    const wanted = await heldBack(memory.revision, options, undefined);
    const answer = options.dryRun
      ? await look(memory, options)
      : await compete(memory, wanted.revision, options);
    next = answer.memory;
    if (!answer.won) return { outcome: "lost", memory: next, compactedRevision: 0 };
    if (memory.revision === 0) {
      return { outcome: "bootstrap", memory: next, compactedRevision: 0 };
    }
    // Who pins after the transaction sees its value, and asks for nothing older; who pinned before is in its answer.
    const { revision, pin } = await heldBack(memory.revision, options, answer.pins);
    const held = pin === undefined ? {} : { pin };
    const done = await compact(revision, options);
    const outcome = done === 0 ? (pin === undefined ? "already-compacted" : "pinned") : "compacted";
    return { outcome, memory: next, compactedRevision: done, ...held };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    return { outcome: "failed", memory: next, compactedRevision: 0, error };
  }
}

/** The revision that may be compacted at: this one, or that of the oldest pin before it. */
async function heldBack(
  revision: number,
  { client, pins, signal }: RoundOptions,
  known: Answer["pins"] | undefined,
): Promise<{ revision: number; pin?: Pin }> {
  if (revision === 0) return { revision };
  const { keyValues, more } =
    known ?? (await client.range(PIN_PREFIX, { ...PINS_ARE, signal, timeoutMs: CALL_TIMEOUT_MS }));
  const pin = pins.oldest(keyValues, more);
  return pin === undefined || pin.revision >= revision
    ? { revision }
    : { revision: pin.revision, pin };
}

async function compete(
  memory: Memory,
  chosen: number,
  { client, signal }: RoundOptions,
): Promise<Answer> {
  const { succeeded, revision, results } = await client
    .txn({ signal, timeoutMs: CALL_TIMEOUT_MS })
    .if(compare.version(COMPACT_KEY, "=", memory.clock))
    .then(op.put(COMPACT_KEY, String(chosen)), op.range(PIN_PREFIX, PINS_ARE))
    .else(op.range(COMPACT_KEY))
    .commit();
  if (succeeded) {
    return { won: true, memory: { clock: memory.clock + 1, revision }, pins: rangeOf(results[1]) };
  }
  const clock = rangeOf(results[0]).keyValues[0]?.version ?? 0;
  return { won: false, memory: { clock, revision }, pins: { keyValues: [], more: false } };
}

/** As `compete`, but only reads: the clock stands unless somebody else moves it. */
async function look(memory: Memory, { client, signal }: RoundOptions): Promise<Answer> {
  const { revision, results } = await client
    .txn({ signal, timeoutMs: CALL_TIMEOUT_MS })
    .then(op.range(COMPACT_KEY), op.range(PIN_PREFIX, PINS_ARE))
    .commit();
  const clock = rangeOf(results[0]).keyValues[0]?.version ?? 0;
  const won = clock === memory.clock;
  return { won, memory: { clock, revision }, pins: rangeOf(results[1]) };
}

/** The revision, or 0 when history before it was gone already. */
async function compact(
  revision: number,
  { client, signal, dryRun }: RoundOptions,
): Promise<number> {
  const call = { signal, timeoutMs: CALL_TIMEOUT_MS };
  try {
    if (dryRun) {
      await client.range(COMPACT_KEY, { ...call, revision: revision - 1, countOnly: true });
    } else await client.compact(revision, call);
    return revision;
  } catch (error) {
    if (error instanceof EtcdError && error.code === "COMPACTED") return 0;
    throw error;
  }
}

function rangeOf(result: OpResult | undefined): Answer["pins"] {
  return result?.kind === "range" ? result : { keyValues: [], more: false };
}
