import type { Disk, DiskFile, Logger } from "@nodetcd/runtime";
import { READ_BYTES } from "./limits.ts";
import type { ScanResult } from "./scan.ts";

/**
 * Makes the last segment fit to be continued at `tail.end`: a torn record is cut off (the file as it
 * was stays beside it as `.broken`), what an unfinished write left behind is zeroed, and the file gets
 * its full size back. Nothing that was ever synced is lost by that.
 */
export async function prepareTail(
  disk: Disk,
  file: DiskFile,
  tail: ScanResult,
  segmentBytes: number,
  logger: Logger,
): Promise<void> {
  const { end, torn } = tail;
  if (torn) await keepBroken(disk, file);
  const dirty = torn || (await hasBytesAfter(file, end));
  if (dirty) {
    file.truncate(end);
    logger.info("repaired the write-ahead log", { path: file.path, offset: end, torn });
  }
  if (dirty || file.size() < segmentBytes) {
    await file.allocate(segmentBytes);
    await file.syncAsync();
  }
}

/** Copies the file to its name with `.broken`, over an older copy if there is one. */
async function keepBroken(disk: Disk, file: DiskFile): Promise<void> {
  const path = `${file.path}.broken`;
  if (disk.exists(path)) disk.remove(path);
  const copy = disk.open(path, "create-new");
  try {
    const chunk = Buffer.alloc(READ_BYTES);
    for (let position = 0; ;) {
      const count = await file.readAsync(chunk, position);
      if (count === 0) break;
      await copy.writeAsync([chunk.subarray(0, count)], position);
      position += count;
    }
    await copy.syncAsync();
  } finally {
    copy.close();
  }
}

/** True when a byte from `position` on is not zero. */
async function hasBytesAfter(file: DiskFile, position: number): Promise<boolean> {
  const chunk = Buffer.alloc(READ_BYTES);
  const zeros = Buffer.alloc(READ_BYTES);
  for (let at = position; ;) {
    const count = await file.readAsync(chunk, at);
    if (count === 0) return false;
    if (!chunk.subarray(0, count).equals(zeros.subarray(0, count))) return true;
    at += count;
  }
}
