import { crc32c } from "@nodetcd/bytes";
import { recordSteps, Slice } from "@nodetcd/runtime";
import { compactedError, futureRevisionError, MvccError } from "./errors.ts";
import { findRevision, found } from "./key-index.ts";
import { COMPACT_HASHES_KEPT, SCAN_RECORDS, SLICE_CHECK_RECORDS, SLICE_MS } from "./limits.ts";
import { after, isTombstoneKey, mainOf, revisionBound, subOf } from "./revision.ts";
import type { CompactHash, StoreState } from "./store-state.ts";
import { recordKey } from "./stored-key-value.ts";

const HASH_SEED = crc32c(0, Buffer.from("key"));

/**
 * The running hash of etcd's HashKV: CRC-32C over the bytes `key`, then key and value of each record
 * up to `hashRevision`. Of the records at or below `compactRevision` only those count that a
 * compaction would keep, and no tombstone at `compactRevision` itself (etcd up to 3.5.15 removed
 * it): so members agree whether or not their compaction has come to an end.
 */
export class RecordHasher {
  readonly #compactRevision: number;
  readonly #hashRevision: number;
  #crc = HASH_SEED;

  constructor(compactRevision: number, hashRevision: number) {
    this.#compactRevision = compactRevision;
    this.#hashRevision = hashRevision;
  }

  /** @param isKept asked for records at or below the compact revision; borrows the bytes */
  add(key: Uint8Array, value: Uint8Array, isKept: () => boolean): void {
    const main = mainOf(key);
    if (main > this.#hashRevision) return;
    if (main <= this.#compactRevision && !isKept()) return;
    if (main === this.#compactRevision && isTombstoneKey(key)) return;
    this.#crc = crc32c(crc32c(this.#crc, key), value);
  }

  get result(): CompactHash {
    return {
      hash: this.#crc,
      compactRevision: this.#compactRevision,
      hashRevision: this.#hashRevision,
    };
  }
}

/**
 * HashKV: the hash of the history up to `revision` (0: the current one; negative: of nothing), in slices beside other
 * work. Compactions that begin later wait for it. Raises `COMPACTED`, `FUTURE_REVISION`, `CLOSED`.
 */
export async function hashKv(
  state: StoreState,
  revision: number,
  stopped: () => boolean,
): Promise<CompactHash> {
  const remembered = state.compactHashes.find((hash) => hash.hashRevision === revision);
  if (remembered !== undefined) return remembered;
  if (revision > 0 && revision < state.compactRevision) throw compactedError();
  if (revision > state.revision) throw futureRevisionError();
  if (revision < 0) return new RecordHasher(state.compactRevision, revision).result;

  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const running = { revision: state.compactRevision, done };
  state.historyReaders.add(running);
  try {
    return await walk(
      state,
      state.compactRevision,
      revision > 0 ? revision : state.revision,
      stopped,
    );
  } finally {
    state.historyReaders.delete(running);
    finish();
  }
}

async function walk(
  state: StoreState,
  compactRevision: number,
  revision: number,
  stopped: () => boolean,
): Promise<CompactHash> {
  const hasher = new RecordHasher(compactRevision, revision);
  const kept = compactRevision > 0 ? keptAt(state, revision) : undefined;
  const end = revisionBound(revision + 1);
  let from: Uint8Array | undefined = revisionBound(0);
  while (from !== undefined) {
    if (stopped()) throw new MvccError("CLOSED", "The store was closed before its hash was done");
    from = hashSlice(state, hasher, revision, kept, from, end);
    await state.clock.yield();
  }
  return hasher.result;
}

/** Hashes for some milliseconds; returns the key to go on from, undefined at the end. */
function hashSlice(
  state: StoreState,
  hasher: RecordHasher,
  revision: number,
  kept: Kept | undefined,
  from: Uint8Array,
  end: Uint8Array,
): Uint8Array | undefined {
  const slice = new Slice(state.clock, SLICE_MS, SLICE_CHECK_RECORDS);
  let visited = 0;
  let next: Uint8Array | undefined;
  state.backend.range("key", from, end, SCAN_RECORDS, (key, value) => {
    hasher.add(key, value, () => kept === undefined || isKeptAt(state, kept, key, value, revision));
    if (!slice.isOver(recordSteps(value.length)) && ++visited < SCAN_RECORDS) return true;
    next = after(key);
    return false;
  });
  return next;
}

/** What a compaction at a revision would keep, as far as it is not plain from the index. */
interface Kept {
  /** Nothing at all: etcd's hash then skips nothing at all. */
  readonly nothing: boolean;
  /**
   * Keys that were deleted at the revision itself, as latin1. A transaction may put such a key again
   * after deleting it, and etcd counts what it put then as not kept.
   */
  readonly deleted: ReadonlySet<string>;
}

function keptAt(state: StoreState, revision: number): Kept {
  const deleted = new Set<string>();
  let putAgain = 0;
  const [from, end] = [revisionBound(revision), revisionBound(revision + 1)];
  state.backend.range("key", from, end, 0, (key, value) => {
    if (!isTombstoneKey(key)) return;
    const name = latin1(recordKey(value));
    if (deleted.has(name)) return;
    deleted.add(name);
    const entry = state.index.get(recordKey(value));
    if (entry !== undefined && findRevision(entry, revision) && found.main === revision) putAgain++;
  });
  const nothing = state.index.count("", undefined, revision) === putAgain;
  return { nothing, deleted };
}

/** This record is what its key has at `revision`, and no tombstone. */
function isKeptAt(
  state: StoreState,
  kept: Kept,
  key: Uint8Array,
  value: Uint8Array,
  revision: number,
): boolean {
  if (kept.nothing) return true;
  const name = recordKey(value);
  if (kept.deleted.size > 0 && kept.deleted.has(latin1(name))) return false;
  const entry = state.index.get(name);
  if (entry === undefined || !findRevision(entry, revision)) return false;
  return found.main === mainOf(key) && found.sub === subOf(key) && !isTombstoneKey(key);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Remembers the hash of a finished compaction: peers ask for it by its revision. */
export function rememberHash(state: StoreState, hash: CompactHash): void {
  state.compactHashes.push(hash);
  state.compactHashes.sort((a, b) => a.hashRevision - b.hashRevision);
  if (state.compactHashes.length > COMPACT_HASHES_KEPT) state.compactHashes.shift();
}
