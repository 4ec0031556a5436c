import { varintSize } from "@nodetcd/bytes";
import { EntryType, NO_BYTES, type Entry } from "@nodetcd/messages";

/**
 * An array of no entries, shared by everything that has none. Arrays of entries are never changed
 * once they were handed out.
 */
export const NO_ENTRIES: Entry[] = [];

/** A normal entry as proposed: the leader stamps term and index. `data` is borrowed for good. */
export function normalEntry(data: Uint8Array = NO_BYTES): Entry {
  return { type: EntryType.EntryNormal, term: 0, index: 0, data };
}

/** Bytes of an entry as protobuf encodes it: the unit of every limit on messages and batches. */
export function entrySize(entry: Entry): number {
  const length = entry.data.length;
  let size = entry.type === EntryType.EntryNormal ? 0 : 2;
  if (entry.term !== 0) size += 1 + varintSize(entry.term);
  if (entry.index !== 0) size += 1 + varintSize(entry.index);
  if (length !== 0) size += 1 + varintSize(length) + length;
  return size;
}

/** Sum of `entrySize`. */
export function entriesSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += entrySize(entries[i]!);
  return size;
}

/** Sum of the data bytes alone: the unit of in-flight and uncommitted limits. */
export function payloadSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += entries[i]!.data.length;
  return size;
}
