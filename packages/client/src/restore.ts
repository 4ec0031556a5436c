import type { BytesLike } from "./bytes-like.ts";
import { CALL_OPTIONS } from "./call-options.ts";
import { checkOptions, isOneOf, isRevision, type OptionChecks } from "./check.ts";
import { diff } from "./diff.ts";
import { EtcdError } from "./errors.ts";
import type { KeyValue } from "./key-value.ts";
import { RESTORE_BYTES_MAX } from "./limits.ts";
import type { Parts } from "./ownership.ts";
import {
  applyRestore,
  type ApplyOptions,
  type RestoreChange,
  type RestoreResult,
} from "./restore-apply.ts";

export interface RestoreOptions {
  /**
   * Keys that had a lease which has ended since: `skip` leaves them as they are and lists them, `drop` restores
   * them without a lease, for good. Default `skip`.
   */
  endedLeases?: "skip" | "drop";
  signal?: AbortSignal;
}

const RESTORE: OptionChecks<RestoreOptions> = {
  endedLeases: isOneOf(["skip", "drop"]),
  signal: CALL_OPTIONS.signal,
};

/** What a restore would do, and the way to do it. */
export class RestorePlan {
  /** The revision whose content comes back. */
  readonly revision: number;
  /** The revision of the store that was compared with it. */
  readonly comparedRevision: number;
  /** In key order; keys that hold what they held are not among them. */
  readonly changes: readonly RestoreChange[];
  /** Keys that are left as they are, because the lease that they had has ended. */
  readonly skipped: readonly KeyValue[];
  readonly #parts: Parts;

  constructor(
    parts: Parts,
    content: Pick<RestorePlan, "revision" | "comparedRevision" | "changes" | "skipped">,
  ) {
    this.#parts = parts;
    this.revision = content.revision;
    this.comparedRevision = content.comparedRevision;
    this.changes = content.changes;
    this.skipped = content.skipped;
  }

  /**
   * Makes the changes, in transactions of a bounded size, each key only if nobody has changed it since the preview;
   * who did is listed as a conflict and keeps what he wrote. Does not reject for what happens on the way: `complete`
   * and `remaining` say what was not done. Keys that came after the preview stay.
   */
  apply(options: ApplyOptions = {}): Promise<RestoreResult> {
    return applyRestore(this.#parts, this.changes, options);
  }
}

/** Compares a prefix with what it was, and changes nothing; see `RestorePlan.apply`. */
export async function planRestore(
  parts: Parts,
  prefix: BytesLike,
  revision: number,
  options: RestoreOptions,
): Promise<RestorePlan> {
  checkOptions(options, RESTORE);
  isRevision(revision, "revision");
  if (revision === 0) {
    const message = "revision: 0 is the store as it is now; give the one to go back to";
    throw new EtcdError("BAD_ARGUMENT", message, { argument: "revision" });
  }
  const { endedLeases = "skip", signal } = options;
  const call = signal === undefined ? {} : { signal };
  const { revision: now } = await parts.kv.range(prefix, {
    prefix: true,
    countOnly: true,
    ...call,
  });
  const changes: RestoreChange[] = [];
  const skipped: KeyValue[] = [];
  const lives = leaseCheck(parts, signal);
  let bytes = 0;
  for await (const { key, before, after } of diff(parts, prefix, revision, now, call)) {
    bytes += key.length + (before?.value.length ?? 0);
    if (bytes > RESTORE_BYTES_MAX) tooMuch(revision);
    const lease = before?.lease ?? 0n;
    const kept = lease === 0n || (await lives(lease)) ? lease : 0n;
    if (before !== undefined && kept !== lease && endedLeases === "skip") skipped.push(before);
    else changes.push({ key, expected: after?.modRevision ?? 0, target: before, lease: kept });
  }
  return new RestorePlan(parts, { revision, comparedRevision: now, changes, skipped });
}

/** Asks once for each lease. */
function leaseCheck({ leases }: Parts, signal?: AbortSignal): (id: bigint) => Promise<boolean> {
  const known = new Map<bigint, Promise<boolean>>();
  return (id) => {
    const asked = known.get(id);
    if (asked !== undefined) return asked;
    const lives = leases
      .timeToLive(id, signal === undefined ? {} : { signal })
      .then(({ ttlSeconds }) => ttlSeconds > 0);
    known.set(id, lives);
    return lives;
  };
}

function tooMuch(revision: number): never {
  throw new EtcdError(
    "RESOURCE_EXHAUSTED",
    `What differs from revision ${revision} is more than ${RESTORE_BYTES_MAX} bytes; restore it by smaller prefixes`,
  );
}
