import { CALL_OPTIONS } from "./call-options.ts";
import { checkOptions, isRevision, isSeconds, isText, type OptionChecks } from "./check.ts";
import { endQuietly } from "./end-quietly.ts";
import { EtcdError } from "./errors.ts";
import { firstAbort } from "./first-abort.ts";
import type { KeyValue } from "./key-value.ts";
import { PIN_MAX_SECONDS, PIN_TTL_SECONDS } from "./limits.ts";
import { type Parts, type Place, takePlace } from "./ownership.ts";
import { PIN_PREFIX } from "./pins.ts";

export interface PinOptions {
  /** What it is for; people read it in logs. */
  reason?: string;
  /** Seconds that the pin outlives a process that dies. Default 60. */
  ttlSeconds?: number;
  /** Seconds after which it ends by itself. Default 3,600. Compactors have a bound of their own. */
  maxSeconds?: number;
  signal?: AbortSignal;
}

const PIN: OptionChecks<PinOptions> = {
  reason: isText,
  ttlSeconds: isSeconds,
  maxSeconds: isSeconds,
  signal: CALL_OPTIONS.signal,
};

/** The key whose value is the revision that compactors have last chosen. */
const COMPACT_KEY = "compact_rev_key";

/** A revision that stays readable, until `release`, or until `lost` is aborted. */
export class HeldPin implements AsyncDisposable {
  readonly revision: number;
  /** The key that says so. */
  readonly key: string;
  /** Aborted when the pin ended by itself: its lease was lost, or its time is over. */
  readonly lost: AbortSignal;
  readonly #end: () => Promise<void>;

  constructor(revision: number, key: string, lost: AbortSignal, end: () => Promise<void>) {
    this.revision = revision;
    this.key = key;
    this.lost = lost;
    this.#end = end;
  }

  /** Lets the history go. Idempotent. */
  release(): Promise<void> {
    return this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endQuietly(this.release());
  }
}

/**
 * Asks that a revision, and all history after it, stays readable: by a key with a lease, which
 * `@nodetcd/compactor` and nodetcd's own policies respect. Other compactors do not know it, those of etcd and of
 * Kubernetes among them. Fails with `COMPACTED` when the revision is gone, or a compaction beyond it was
 * chosen already.
 *
 * @param revision 0: the store as it is now
 */
export async function pin(parts: Parts, revision: number, options: PinOptions): Promise<HeldPin> {
  checkOptions(options, PIN);
  isRevision(revision, "revision");
  const { reason = "", ttlSeconds = PIN_TTL_SECONDS, maxSeconds = PIN_MAX_SECONDS } = options;
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const { kv, connection } = parts;
  const pinned = revision === 0 ? (await kv.range(COMPACT_KEY, call)).revision : revision;
  const value = JSON.stringify({ revision: pinned, reason });
  const place = await takePlace(parts, PIN_PREFIX.slice(0, -1), value, { ...call, ttlSeconds });
  try {
    // Compactors whose transaction came before the pin's are seen here; those after it have seen the pin.
    checkNotChosen(await kv.get(COMPACT_KEY, call), pinned);
    await kv.range(place.key, { ...call, revision: pinned, countOnly: true });
  } catch (error) {
    await place.leave().catch(() => undefined);
    throw error;
  }
  return held(place, pinned, connection.clock.setTimer.bind(connection.clock), maxSeconds);
}

function held(
  place: Place,
  revision: number,
  setTimer: (delayMs: number, callback: () => void) => { cancel(): void },
  maxSeconds: number,
): HeldPin {
  const over = new AbortController();
  const { signal, release } = firstAbort([over.signal, place.lost]);
  const timer = setTimer(maxSeconds * 1_000, () => {
    over.abort(new EtcdError("LEASE_LOST", `The pin ended after ${maxSeconds} s, its bound`));
    place.leave().catch(() => undefined);
  });
  return new HeldPin(revision, place.key, signal, async () => {
    timer.cancel();
    release();
    await place.leave();
  });
}

function checkNotChosen(compactKey: KeyValue | undefined, revision: number): void {
  const chosen = Number(compactKey?.text() ?? 0);
  if (!(chosen > revision)) return;
  throw new EtcdError(
    "COMPACTED",
    `Revision ${revision} cannot be pinned: a compactor has chosen ${chosen}, and may be under way`,
    { compactRevision: chosen },
  );
}
