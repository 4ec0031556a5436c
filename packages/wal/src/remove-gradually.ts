import type { Clock, Disk, DiskFile } from "@nodetcd/runtime";
import { SHRINK_BYTES } from "./limits.ts";

/**
 * Removes a file bit by bit. A file system that gives blocks free at once (such as ext4 with `discard`)
 * takes 1 to 2 ms for a MiB, and removing a whole segment would stop the event loop for 100 ms.
 */
export async function removeGradually(disk: Disk, clock: Clock, path: string): Promise<void> {
  const file = disk.open(path, "write");
  try {
    await shrink(file, clock);
  } finally {
    file.close();
  }
  disk.remove(path);
}

async function shrink(file: DiskFile, clock: Clock): Promise<void> {
  for (let size = file.size() - SHRINK_BYTES; size > 0; size -= SHRINK_BYTES) {
    file.truncate(size);
    await clock.yield();
  }
}
