import type { DataDirectory } from "../data-dir.ts";
import { ServerError } from "../errors.ts";
import type { OpenedLog } from "../persist/log-storage.ts";

/**
 * Refuses a log that ends before what the database has applied: an entry is in the log before it is applied, so
 * the end is missing, and new entries with the same indexes would pass for applied.
 *
 * @param consistentIndex the last index that the database has applied
 */
export function refuseShortLog(
  log: OpenedLog,
  consistentIndex: number,
  directory: DataDirectory,
): void {
  const lastIndex = log.entries.at(-1)?.index ?? log.snapshot.index;
  if (lastIndex >= consistentIndex) return;
  throw new ServerError(
    "DATA_DIR_BAD",
    `The write-ahead log in ${directory.wal} ends at index ${lastIndex}, but the database ` +
      `${directory.database} has applied it up to index ${consistentIndex}: the end of the log is missing. ` +
      "Put the missing files back, or restore the data directory from a snapshot",
  );
}
