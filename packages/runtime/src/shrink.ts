import { type Clock, sleep } from "./clock.ts";
import type { Disk, DiskFile } from "./disk.ts";

/** How much of a file is given free at once, in bytes. */
const STEP_BYTES = 1024 * 1024;
/** Pause between two steps, in milliseconds, so that syncs of other files get through. */
const PAUSE_MS = 5;

/**
 * Gives a file's space free bit by bit, off the event loop, and closes it. A file system that frees blocks at
 * once (ext4 with `discard`) takes 1 to 2 ms for a MiB and lets no sync through meanwhile: removing
 * 64 MB in one go held up a write of another file for 70 ms, in steps for 7 ms at most. `goOn` is asked
 * before each step.
 */
export async function shrinkAndClose(
  file: DiskFile,
  clock: Clock,
  goOn: () => boolean = () => true,
): Promise<void> {
  try {
    for (let size = file.size() - STEP_BYTES; size > 0 && goOn(); size -= STEP_BYTES) {
      await file.truncateAsync(size);
      await sleep(clock, PAUSE_MS);
    }
  } finally {
    file.close();
  }
}

/**
 * Removes a file, its space first; see `shrinkAndClose`. Once `goOn` answers false, what is left of the
 * file stays.
 */
export async function removeGradually(
  disk: Disk,
  clock: Clock,
  path: string,
  goOn: () => boolean = () => true,
): Promise<void> {
  if (!goOn()) return;
  await shrinkAndClose(disk.open(path, "write"), clock, goOn);
  if (goOn()) await disk.removeAsync(path);
}
