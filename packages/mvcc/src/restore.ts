import { WireError, WireReader } from "@nodetcd/bytes";
import { type Clock, inSlices, recordSteps, Slice } from "@nodetcd/runtime";
import type { BackendLike } from "./backend-like.ts";
import { addRevision, type KeyIndex } from "./key-index.ts";
import { SCAN_RECORDS, SLICE_CHECK_RECORDS, SLICE_MS } from "./limits.ts";
import { FINISHED_COMPACT, readMark, SCHEDULED_COMPACT } from "./marks.ts";
import {
  after,
  checkRevisionKey,
  corruptRecord,
  isTombstoneKey,
  mainOf,
  revisionBound,
  subOf,
} from "./revision.ts";
import { recordKey } from "./stored-key-value.ts";
import { TreeBuilder } from "./tree-builder.ts";
import type { TreeIndex } from "./tree-index.ts";

export interface Restored {
  readonly index: TreeIndex;
  readonly revision: number;
  /** -1 for none, as the two marks. */
  readonly scheduledCompactRevision: number;
  readonly finishedCompactRevision: number;
  /** Keys whose newest value has a lease. */
  readonly leased: ReadonlySet<KeyIndex>;
}

/**
 * Rebuilds the index from the `key` bucket, in slices.
 *
 * Raises `CORRUPT_RECORD` for what no store writes.
 *
 * The revision is the newest record's, but never below a compaction mark: when the newest record was
 * a tombstone that a compaction removed, the marks are all that remembers it.
 */
export async function restore(
  backend: BackendLike,
  clock: Clock,
  hashSeed: number,
): Promise<Restored> {
  const finishedCompactRevision = readMark(backend, FINISHED_COMPACT);
  const scheduledCompactRevision = readMark(backend, SCHEDULED_COMPACT);
  const builder = new TreeBuilder(hashSeed);
  const leased = new Set<KeyIndex>();
  let newest = 1;
  let from: Uint8Array | undefined = revisionBound(0);
  while (from !== undefined) {
    const slice = readSlice(backend, clock, builder, leased, from, scheduledCompactRevision);
    newest = Math.max(newest, slice.newest);
    from = slice.next;
    await clock.yield();
  }
  return {
    index: await inSlices(new Slice(clock, SLICE_MS), builder.finish()),
    revision: Math.max(newest, finishedCompactRevision, scheduledCompactRevision),
    scheduledCompactRevision,
    finishedCompactRevision,
    leased,
  };
}

/** Reads records for some milliseconds; `next` is where to go on, undefined at the end. */
function readSlice(
  backend: BackendLike,
  clock: Clock,
  builder: TreeBuilder,
  leased: Set<KeyIndex>,
  from: Uint8Array,
  compacted: number,
): { newest: number; next: Uint8Array | undefined } {
  const slice = new Slice(clock, SLICE_MS, SLICE_CHECK_RECORDS);
  let visited = 0;
  let newest = 0;
  let next: Uint8Array | undefined;
  backend.range("key", from, undefined, SCAN_RECORDS, (key, value) => {
    checkRevisionKey(key);
    newest = mainOf(key);
    try {
      readRecord(builder, leased, key, value, compacted);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw corruptRecord(key, `its value is no KeyValue: ${error.message}`, error);
    }
    if (!slice.isOver(recordSteps(value.length)) && ++visited < SCAN_RECORDS) return true;
    next = after(key);
    return false;
  });
  return { newest, next };
}

/**
 * A restore from a snapshot that raises the revision leaves an empty value at the new one, and a compaction scheduled there. As
 * in etcd it is a key without a name, which no request can ask for, and stays for good: members' hashes count it.
 */
function isBump(key: Uint8Array, value: Uint8Array, compacted: number): boolean {
  return value.length === 0 && subOf(key) === 0 && mainOf(key) <= compacted;
}

/**
 * Adds one record to the index. Records come in the order of their revisions.
 *
 * @param compacted revision of the newest compaction that was scheduled; -1 for none
 */
function readRecord(
  builder: TreeBuilder,
  leased: Set<KeyIndex>,
  key: Uint8Array,
  value: Uint8Array,
  compacted: number,
): void {
  const name = recordKey(value);
  if (name.length === 0 && !isBump(key, value, compacted)) {
    throw corruptRecord(key, "its value has no key");
  }
  const entry = builder.getOrAdd(name);
  const main = mainOf(key);
  const sub = subOf(key);
  if (main === 0) throw corruptRecord(key, "no change has revision 0");
  if (main === entry.main && sub <= Math.max(entry.sub, ~entry.sub)) {
    throw corruptRecord(key, "there is another change of the same key at this revision");
  }
  if (isTombstoneKey(key)) {
    addRevision(entry, main, ~sub);
    entry.lease = 0n;
  } else {
    addRevision(entry, main, sub);
    readFields(entry, value);
  }
  if (entry.lease !== 0n) leased.add(entry);
  else if (leased.size > 0) leased.delete(entry);
}

function readFields(entry: KeyIndex, value: Uint8Array): void {
  const reader = new WireReader(value);
  entry.lease = 0n;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 16) entry.createRevision = reader.counter();
    else if (tag === 32) entry.version = reader.counter();
    else if (tag === 48) entry.lease = reader.int64();
    else reader.skip(tag);
  }
}
