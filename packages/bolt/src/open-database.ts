import type { Disk } from "@nodetcd/runtime";
import { nodeDisk } from "@nodetcd/runtime/node";
import { Database } from "./database.ts";
import type { DatabaseOptions } from "./database-options.ts";
import { openLocked, openLockedAsync } from "./open-file.ts";

/**
 * Opens a database file, made when it is missing, and locks it against other processes. Raises
 * `TIMEOUT` (locked), `INVALID`, `WRONG_BYTE_ORDER`, `VERSION_MISMATCH`, `CHECKSUM`, `CORRUPT`,
 * `PAGE_SIZE`, and `DiskError`.
 */
export function openDatabase(path: string, options?: DatabaseOptions): Database;
/** As above, on another disk than that of Node. */
export function openDatabase(disk: Disk, path: string, options?: DatabaseOptions): Database;
export function openDatabase(...given: OnNode | OnDisk): Database {
  const [disk, path, options = {}] = isOnNode(given) ? ([nodeDisk, ...given] as const) : given;
  const file = openLocked(disk, path, options);
  try {
    const database = new Database(file, path, options);
    if (options.readOnly !== true) database.prepare();
    return database;
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * As `openDatabase` of a file that is there, for writing, without holding up the event loop: free pages are looked
 * for in slices (needs the database's `clock`), it is locked and synced elsewhere. Does not wait for the lock.
 */
export async function openDatabaseInSlices(
  disk: Disk,
  path: string,
  options: Omit<DatabaseOptions, "readOnly" | "lockTimeoutMs">,
): Promise<Database> {
  const file = await openLockedAsync(disk, path);
  try {
    const database = new Database(file, path, options);
    await database.prepareInSlices();
    return database;
  } catch (error) {
    file.close();
    throw error;
  }
}

type OnNode = [path: string, options?: DatabaseOptions | undefined];
type OnDisk = [disk: Disk, path: string, options?: DatabaseOptions | undefined];

function isOnNode(given: OnNode | OnDisk): given is OnNode {
  return typeof given[0] === "string";
}
