import { type Disk, DiskError, type DiskErrorCode, type Logger } from "@nodetcd/runtime";
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

/**
 * Makes a folder and those above it, so that a power cut cannot take them away again. Each is saved
 * before one is made in it, so of those that are there only the innermost may not be saved: the
 * process that made it may have died before.
 */
function makeDurably(disk: Disk, path: string): void {
  const parent = parentOf(path);
  const isThere = disk.exists(path);
  if (!isThere) {
    makeDurably(disk, parent);
    disk.makeDirectory(path);
  }
  try {
    disk.syncDirectory(parent);
  } catch (error) {
    // One that was there may lie in a folder, or on a file system, that is not ours to sync.
    if (!isThere || !(error instanceof DiskError)) throw error;
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}

const PRIVATE = 0o700;

/** As Go prints it: `drwxr-xr-x`. */
function modeText(kind: "d" | "-", permissions: number): string {
  const letters = "rwxrwxrwx"
    .split("")
    .map((letter, i) => ((permissions >> (8 - i)) & 1 ? letter : "-"));
  return kind + letters.join("");
}

/** Warns of folders that others than their owner may look into (CVE-2020-15113). */
export function checkPermissions(disk: Disk, folders: readonly string[], logger: Logger): void {
  for (const folder of folders) {
    if (!disk.exists(folder)) continue;
    const permissions = disk.permissions(folder);
    if (permissions === PRIVATE) continue;
    const [is, should] = [modeText("d", permissions), modeText("-", PRIVATE)];
    logger.warn("check file permission", {
      error:
        `directory ${JSON.stringify(folder)} exist, but the permission is "${is}". ` +
        `The recommended permission is "${should}" to prevent possible unprivileged access to the data`,
    });
  }
}

/** Makes the folders that are missing. */
export function prepareDataDirectory(disk: Disk, directory: DataDirectory): void {
  usingDirectory(directory, () => {
    makeDurably(disk, directory.snapshots);
    const parent = parentOf(directory.wal);
    if (parent !== directory.member) makeDurably(disk, parent);
  });
}

/**
 * Removes what a crash has left half done, and saves the names of what it left whole: a process may
 * have died between a rename and its sync. Only who has the lock may do this.
 */
export function tidyDataDirectory(disk: Disk, directory: DataDirectory, logger: Logger): void {
  usingDirectory(directory, () => {
    for (const { name, kind } of disk.list(directory.snapshots)) {
      if (kind !== "file" || !LEFT_OVER.test(name)) continue;
      disk.remove(`${directory.snapshots}/${name}`);
      logger.info("removed a file that was left over", { path: `${directory.snapshots}/${name}` });
    }
    disk.syncDirectory(directory.snapshots);
  });
}

const ADVICE: Partial<Record<DiskErrorCode, string>> = {
  NO_PERMISSION:
    "Make all of it readable and writable for the user that runs the member, or choose another with --data-dir",
  WRONG_KIND:
    "There is a file where a folder is needed, or a folder in place of a file: move it away, or choose " +
    "another data directory with --data-dir",
  NO_SPACE: "Make room on that disk: a start takes 64 MB for the log",
  IO_FAILED: "The log of the operating system may say what is wrong with the disk",
};

/** What to do about a data directory that fails so. */
export function adviceFor(error: DiskError): string {
  return ADVICE[error.code] ?? "Check the data directory (--data-dir) and the log's (--wal-dir)";
}

function usingDirectory(directory: DataDirectory, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    throw new ServerError(
      "DATA_DIR_BAD",
      `Cannot use the data directory ${directory.member}: ${error.message}. ${adviceFor(error)}`,
      { cause: error },
    );
  }
}

/** True when a member has lived here before. */
export function isInitialized(disk: Disk, directory: DataDirectory): boolean {
  return walExists(disk, directory.wal);
}
