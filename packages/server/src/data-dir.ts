import { type Disk, DiskError, type Logger } from "@nodetcd/runtime";
import { walExists } from "@nodetcd/wal";
import type { MemberConfig } from "./config.ts";
import { ServerError } from "./errors.ts";

/** Where a member keeps what, as etcd does: `member/snap/db`, `member/wal`. */
export interface DataDirectory {
  readonly member: string;
  /** Snapshots of the log, and the database. */
  readonly snapshots: string;
  readonly wal: string;
  /** The database file. */
  readonly database: string;
}

export function dataDirectory(config: Pick<MemberConfig, "dataDir" | "walDir">): DataDirectory {
  const member = `${config.dataDir}/member`;
  const snapshots = `${member}/snap`;
  return {
    member,
    snapshots,
    wal: config.walDir === "" ? `${member}/wal` : config.walDir,
    database: `${snapshots}/db`,
  };
}

/** Files that a crash in the middle of a defragmentation or a snapshot has left. */
const LEFT_OVER = /^(db\.tmp\.|tmp)/;

/** Makes a folder and those above it, so that a power cut cannot take them away again. */
function makeDurably(disk: Disk, path: string): void {
  const missing = [path];
  let parent = parentOf(path);
  for (; !disk.exists(parent); parent = parentOf(parent)) missing.push(parent);
  disk.makeDirectory(path);
  for (const made of missing) disk.syncDirectory(parentOf(made));
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}

/** Makes the folders that are missing and removes what a crash has left half done. */
export function prepareDataDirectory(disk: Disk, directory: DataDirectory, logger: Logger): void {
  try {
    if (!disk.exists(directory.snapshots)) makeDurably(disk, directory.snapshots);
    for (const { name, kind } of disk.list(directory.snapshots)) {
      if (kind !== "file" || !LEFT_OVER.test(name)) continue;
      disk.remove(`${directory.snapshots}/${name}`);
      logger.info("removed a file that was left over", { path: `${directory.snapshots}/${name}` });
    }
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    throw new ServerError(
      "DATA_DIR_BAD",
      `Cannot use the data directory ${directory.member}: ${error.message}. ` +
        "Choose another with --data-dir, or make it writable for this user",
      { cause: error },
    );
  }
}

/** True when a member has lived here before. */
export function isInitialized(disk: Disk, directory: DataDirectory): boolean {
  return walExists(disk, directory.wal);
}
