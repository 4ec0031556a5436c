import type { Disk } from "@nodetcd/runtime";
import { WalError } from "./errors.ts";

/** One file of the log: `%016x-%016x.wal`, its sequence number and the first index it may hold. */
export interface Segment {
  readonly name: string;
  readonly sequence: number;
  /** Index of the first entry that is expected in it. */
  readonly firstIndex: number;
}

const NAME = /^([0-9a-f]{16})-([0-9a-f]{16})\.wal$/;

function hex16(value: number): string {
  return value.toString(16).padStart(16, "0");
}

/** `segmentName(1, 42)` is `0000000000000001-000000000000002a.wal`. */
export function segmentName(sequence: number, firstIndex: number): string {
  return `${hex16(sequence)}-${hex16(firstIndex)}.wal`;
}

export function parseSegmentName(name: string): Segment | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const sequence = Number.parseInt(match[1] ?? "", 16);
  const firstIndex = Number.parseInt(match[2] ?? "", 16);
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(firstIndex)) return undefined;
  return { name, sequence, firstIndex };
}

/** The segments of a directory in order; other files are passed over. Empty without a directory. */
export function listSegments(disk: Disk, directory: string): Segment[] {
  if (!disk.exists(directory)) return [];
  return disk
    .list(directory)
    .map((entry) => parseSegmentName(entry.name))
    .filter((segment) => segment !== undefined)
    .sort((a, b) => a.sequence - b.sequence);
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}

/** True when the directory holds a log. */
export function walExists(disk: Disk, directory: string): boolean {
  return listSegments(disk, directory).length > 0;
}

/**
 * The segments that must be read to have everything after `index`: the last one that begins at or
 * before it, and all that follow. Raises `NOT_FOUND` without one, `CORRUPT` when one in between is missing.
 */
export function segmentsFrom(disk: Disk, directory: string, index: number): Segment[] {
  const all = listSegments(disk, directory);
  const start = all.findLastIndex((segment) => segment.firstIndex <= index);
  if (start < 0) {
    const held = all.length === 0 ? "no segment" : `only indexes from ${all[0]?.firstIndex}`;
    throw new WalError(
      "NOT_FOUND",
      `Cannot open the write-ahead log ${directory} at index ${index}: it holds ${held}`,
    );
  }
  const wanted = all.slice(start);
  checkSequence(directory, wanted);
  return wanted;
}

/** Raises `CORRUPT` unless the sequence numbers follow each other without a gap. */
export function checkSequence(directory: string, segments: readonly Segment[]): void {
  for (let i = 1; i < segments.length; i++) {
    const [previous, segment] = [segments[i - 1], segments[i]];
    if (previous !== undefined && segment !== undefined) {
      if (segment.sequence === previous.sequence + 1) continue;
      throw new WalError(
        "CORRUPT",
        `${directory} misses a segment between ${previous.name} and ${segment.name}. Nothing was ` +
          `changed. Put the missing file back, or rebuild this member from the others`,
      );
    }
  }
}
