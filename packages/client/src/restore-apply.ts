import { CALL_OPTIONS } from "./call-options.ts";
import { checkOptions, isFunction, isPositive, type OptionChecks } from "./check.ts";
import { holdsTheSame } from "./diff.ts";
import { EtcdError, toEtcdError } from "./errors.ts";
import type { KeyValue } from "./key-value.ts";
import { RESTORE_BATCH_BYTES, RESTORE_BATCH_KEYS } from "./limits.ts";
import type { Parts } from "./ownership.ts";
import { abortedError } from "./retry.ts";
import { compare, op, type TxnResult } from "./txn.ts";

/** What a restore does to one key. */
export interface RestoreChange {
  readonly key: Uint8Array;
  /** The modification revision that the key has now, 0 when it is not there: the change is made only while it has it. */
  readonly expected: number;
  /** What the key is to hold; undefined: it is to be deleted. */
  readonly target: KeyValue | undefined;
  /** The lease that it is put with. */
  readonly lease: bigint;
}

export interface ApplyOptions {
  /** Keys of one transaction, at most 128 with a server's usual limits. Default 64. */
  batchKeys?: number;
  /** Called after each transaction. */
  onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Ends it between two transactions; what was not done is in `remaining`. */
  signal?: AbortSignal;
}

/** A key that somebody else had changed since the preview. It was left alone. */
export interface RestoreConflict {
  readonly change: RestoreChange;
  /** What it holds instead of what was expected; undefined: it was deleted. */
  readonly found: KeyValue | undefined;
}

export interface RestoreResult {
  /** True: each change of the plan was made or is a conflict. */
  readonly complete: boolean;
  readonly restored: number;
  readonly deleted: number;
  readonly conflicts: readonly RestoreConflict[];
  /** What was not done because of `error`; the plan can be applied again. */
  readonly remaining: readonly RestoreChange[];
  readonly error: EtcdError | undefined;
}

const APPLY: OptionChecks<ApplyOptions> = {
  batchKeys: isPositive,
  onProgress: isFunction,
  signal: CALL_OPTIONS.signal,
};

/** See `RestorePlan.apply`. */
export async function applyRestore(
  parts: Parts,
  changes: readonly RestoreChange[],
  options: ApplyOptions,
): Promise<RestoreResult> {
  checkOptions(options, APPLY);
  const { batchKeys = RESTORE_BATCH_KEYS, onProgress, signal } = options;
  const conflicts: RestoreConflict[] = [];
  const made = { restored: 0, deleted: 0 };
  let done = 0;
  let error: EtcdError | undefined;
  while (done < changes.length) {
    const batch = nextBatch(changes, done, batchKeys);
    try {
      if (signal?.aborted === true) throw abortedError(signal);
      const found = await applyBatch(parts, batch);
      conflicts.push(...found);
      const lost = new Set(found.map(({ change }) => change));
      for (const change of batch) {
        if (!lost.has(change)) made[change.target === undefined ? "deleted" : "restored"]++;
      }
    } catch (cause) {
      error = toEtcdError(cause);
      break;
    }
    done += batch.length;
    onProgress?.({ done, total: changes.length });
  }
  const remaining = changes.slice(done);
  return { complete: error === undefined, ...made, conflicts, remaining, error };
}

/** As many as fit a transaction; at least one. */
function nextBatch(
  changes: readonly RestoreChange[],
  from: number,
  batchKeys: number,
): RestoreChange[] {
  const batch: RestoreChange[] = [];
  let bytes = 0;
  for (const change of changes.slice(from, from + batchKeys)) {
    // Each key is named twice: in its condition and in its operation.
    bytes += 2 * change.key.length + (change.target?.value.length ?? 0);
    if (bytes > RESTORE_BATCH_BYTES && batch.length > 0) break;
    batch.push(change);
  }
  return batch;
}

/**
 * Makes the changes of a batch, all in one transaction. When one of them meets a key that has changed, that one is a
 * conflict and the rest is tried again. A transaction whose fate is not known is resolved by what the keys hold.
 */
async function applyBatch(
  parts: Parts,
  batch: readonly RestoreChange[],
): Promise<RestoreConflict[]> {
  const conflicts: RestoreConflict[] = [];
  let left = batch;
  let unknown = 0;
  while (left.length > 0) {
    const result = await commit(parts, left).catch((error: unknown) => toEtcdError(error));
    if (!(result instanceof EtcdError) && result.succeeded) return conflicts;
    if (result instanceof EtcdError && (!isFateUnknown(result) || ++unknown > UNKNOWN_MAX)) {
      throw result;
    }
    const found = result instanceof EtcdError ? await read(parts, left) : keyValuesOf(result);
    const retry: RestoreChange[] = [];
    for (const [i, change] of left.entries()) {
      const now = found[i];
      if ((now?.modRevision ?? 0) === change.expected) retry.push(change);
      else if (!isMade(change, now)) conflicts.push({ change, found: now });
    }
    left = retry;
  }
  return conflicts;
}

/** How often the fate of one batch may be unknown in a row. */
const UNKNOWN_MAX = 5;

function isFateUnknown({ code }: EtcdError): boolean {
  return ["UNAVAILABLE", "DEADLINE_EXCEEDED", "REQUEST_TIMED_OUT", "LEADER_CHANGED"].includes(code);
}

/** Whoever made it: the key holds what it is to hold. */
function isMade({ target, lease }: RestoreChange, now: KeyValue | undefined): boolean {
  if (target === undefined || now === undefined) return target === now;
  return holdsTheSame({ value: target.value, lease }, now);
}

function commit({ kv }: Parts, changes: readonly RestoreChange[]): Promise<TxnResult> {
  return kv
    .txn()
    .if(...changes.map(({ key, expected }) => compare.modRevision(key, "=", expected)))
    .then(
      ...changes.map(({ key, target, lease }) =>
        target === undefined ? op.delete(key) : op.put(key, target.value, { lease }),
      ),
    )
    .else(...changes.map(({ key }) => op.range(key)))
    .commit();
}

async function read(
  { kv }: Parts,
  changes: readonly RestoreChange[],
): Promise<(KeyValue | undefined)[]> {
  return keyValuesOf(
    await kv
      .txn()
      .then(...changes.map(({ key }) => op.range(key)))
      .commit(),
  );
}

function keyValuesOf({ results }: TxnResult): (KeyValue | undefined)[] {
  return results.map((result) => (result.kind === "range" ? result.keyValues[0] : undefined));
}
