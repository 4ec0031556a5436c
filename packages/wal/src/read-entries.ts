import { Entry } from "@nodetcd/messages";
import type { Disk } from "@nodetcd/runtime";
import type { EntryPlace } from "./entry-places.ts";
import { RecordType } from "./record.ts";
import { scanSegment } from "./scan.ts";

/** Bytes of an entry as protobuf encodes it, at most. */
export function entryBytesMax(entry: Entry): number {
  return entry.data.length + 32;
}

/** What is to be read; see `readEntries`. */
export interface EntryRange {
  /** Index of the first entry. */
  readonly low: number;
  /** Index after the last. */
  readonly high: number;
  /** Of all entries together; the first alone may be more. */
  readonly maxBytes: number;
}

/**
 * Reads entries that follow each other from a place on in one segment, synchronously, checksums checked.
 *
 * @param size of the segment as far as it is written, in bytes
 * @returns the first of the range that are there; raises `WalError` and `DiskError`
 */
export function readEntries(
  disk: Disk,
  directory: string,
  from: EntryPlace,
  size: number | undefined,
  { low, high, maxBytes }: EntryRange,
): Entry[] {
  const path = `${directory}/${from.segment.name}`;
  const file = disk.open(path, "read");
  const entries: Entry[] = [];
  let expected = from.index;
  let bytes = 0;
  let done = false;
  const visit = (type: number, data: Uint8Array): void => {
    if (done || type !== RecordType.ENTRY) return;
    const entry = Entry.decode(data);
    bytes += entry.index < low ? 0 : entryBytesMax(entry);
    done = entry.index !== expected++ || (bytes > maxBytes && entries.length > 0);
    if (!done && entry.index >= low) entries.push(entry);
    done ||= expected === high;
  };
  try {
    const { offset, crc } = from;
    const written = size ?? file.size();
    const scan = scanSegment({ path, size: written, last: true, crc, start: offset, visit });
    for (let step = scan.next(); step.done !== true && !done;) {
      const { position, length } = step.value;
      const chunk = Buffer.allocUnsafeSlow(length);
      step = scan.next(chunk.subarray(0, file.read(chunk, position)));
    }
  } catch (error) {
    // What is before the damage is good.
    if (entries.length === 0) throw error;
  } finally {
    file.close();
  }
  return entries;
}
