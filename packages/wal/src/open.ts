import type { Entry, HardState, WalSnapshot } from "@nodetcd/messages";
import { type Disk, DiskError, silentLogger } from "@nodetcd/runtime";
import { SEGMENT_BYTES } from "./limits.ts";
import { removeUnfinishedSegments } from "./next-segment.ts";
import type { WalOptions, WalRuntime } from "./options.ts";
import { readLog } from "./read-log.ts";
import { RecordBuffer } from "./record-buffer.ts";
import { prepareTail } from "./repair.ts";
import { listSegments, parentOf, type Segment, segmentsFrom } from "./segment.ts";
import { Wal } from "./write-ahead-log.ts";

export interface OpenedWal {
  readonly wal: Wal;
  /** As given to `createWal`. */
  readonly metadata: Uint8Array;
  /** The last one appended; zeros without one. */
  readonly hardState: HardState;
  /** Those after `from.index`, without gaps. Entries beyond `hardState.commit` may yet be replaced. */
  readonly entries: Entry[];
}

/**
 * Opens a log to go on from the snapshot `from` (index and term 0: from the beginning). All that
 * follows it is read and checked before anything is changed; then a record that was torn by a crash is
 * cut off (`<segment>.broken` keeps the file as it was). Raises `WalError`, see `WalErrorCode`, and
 * `DiskError` `LOCKED` when another process has the log open. The returned bytes are the caller's.
 */
export async function openWal(
  runtime: WalRuntime,
  directory: string,
  from: WalSnapshot,
  options: WalOptions = {},
): Promise<OpenedWal> {
  const { disk } = runtime;
  const last = segmentsFrom(disk, directory, from.index).at(-1);
  const file = disk.open(`${directory}/${last?.name ?? ""}`, "write");
  try {
    file.lock("exclusive", 0);
    refuseWhenCutSince(disk, directory, last);
    // The process that began a segment, or the log, may have died before that name was saved.
    await disk.syncDirectoryAsync(directory);
    await disk.syncDirectoryAsync(parentOf(directory));
    const content = await readLog(disk, directory, from);
    const { metadata, hardState, entries, segments, places, lastIndex, tail } = content;

    await removeUnfinishedSegments(disk, directory);
    const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    await prepareTail(disk, file, tail, segmentBytes, options.logger ?? silentLogger);
    let { end: offset } = tail;
    const records = new RecordBuffer(tail.crc ?? 0);
    if (offset === 0) {
      // The segment lost even its head: it begins anew where the one before it ended.
      records.addChainStart();
      records.addMetadata(metadata);
      await file.writeAsync([records.view()], 0);
      await file.syncAsync();
      offset = records.length;
    }
    const position = { directory, segments, places, file, offset, crc: records.crc };
    const wal = new Wal(runtime, { ...position, metadata, hardState, lastIndex }, options);
    return { wal, metadata, hardState: { ...hardState }, entries };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Another process may have begun the next segment, and locked that, after we looked which the last is. */
function refuseWhenCutSince(disk: Disk, directory: string, last: Segment | undefined): void {
  const now = listSegments(disk, directory).at(-1);
  if (now === undefined || now.name === last?.name) return;
  const path = `${directory}/${now.name}`;
  const text = `Cannot lock ${path}: another process has just begun it; stop that process first`;
  throw new DiskError("LOCKED", path, text);
}
