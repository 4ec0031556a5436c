import type { Clock, DiskFile } from "@nodetcd/runtime";
import { SHRINK_BYTES } from "./limits.ts";

/**
 * Closes a file that has no name any more, after giving its space free bit by bit. A file system that
 * frees blocks at once (such as ext4 with `discard`) takes 1 to 2 ms for a MiB: the last close of a large
 * file would stop the event loop for seconds.
 */
export async function shrinkAndClose(file: DiskFile, clock: Clock): Promise<void> {
  try {
    for (let size = file.size() - SHRINK_BYTES; size > 0; size -= SHRINK_BYTES) {
      file.truncate(size);
      await clock.yield();
    }
  } finally {
    file.close();
  }
}
