import type { Database } from "@nodetcd/bolt";
import { type DiskFile, shrinkAndClose } from "@nodetcd/runtime";
import type { CommittedView } from "./committed-view.ts";
import type { DatabaseHandle } from "./database-handle.ts";
import type { DefragmentingCopy } from "./defragmenting-copy.ts";
import type { Lane } from "./lane.ts";
import type { BackendRuntime } from "./options.ts";
import { parentOf } from "./path.ts";

/** What a defragmentation asks of the backend that it works for. */
export interface DefragmentOwner {
  readonly runtime: BackendRuntime;
  /** The file that is to be replaced. */
  readonly path: string;
  /** Where commits run too. */
  readonly lane: Lane;
  /** What is committed now. */
  view(): CommittedView;
  /** Raises when the backend has failed or is being closed. */
  refuse(): void;
  /** Reads and writes this database from now on; returns the one before it. */
  take(database: Database): DatabaseHandle;
  /** Called when the new file is in place but may not stay there. Returns what to raise. */
  poison(error: unknown): Error;
  /** Something was left behind that the next start will remove. */
  warn(message: string, path: string, error: unknown): void;
}

/**
 * Fills the copy at `path` step by step and puts it in the place of the file. A failure before that
 * leaves the file as it is and removes the copy.
 */
export async function runDefragmentation(
  owner: DefragmentOwner,
  copy: DefragmentingCopy,
  path: string,
): Promise<void> {
  const { clock } = owner.runtime;
  const refuse = (): void => {
    owner.refuse();
    copy.refuseAfterFailure();
  };
  try {
    const step = async (): Promise<boolean> => {
      refuse();
      return copy.step(owner.view());
    };
    while (!(await owner.lane.run(step))) await clock.yield();
    await owner.lane.run(async () => {
      refuse();
      replaceFile(owner, copy.database, path);
    });
  } catch (error) {
    discardCopy(owner, copy, path);
    throw error;
  }
  try {
    owner.runtime.disk.syncDirectory(parentOf(owner.path));
  } catch (error) {
    // The old file may come back under this name, without what is committed from now on.
    throw owner.poison(error);
  }
}

/** Nothing waits in here, so nobody sees it half done. */
function replaceFile(owner: DefragmentOwner, database: Database, path: string): void {
  const { clock, disk } = owner.runtime;
  const oldFile = disk.open(owner.path, "write");
  renameOrClose(oldFile, () => disk.rename(path, owner.path));
  const old = takeOrPoison(owner, database);
  // Readers may still use it. Space that is not given free by this is when the process ends.
  old.retire(() => void shrinkAndClose(oldFile, clock).catch(() => undefined));
}

/** The file has its new content by now: going on with the old one would write into a file without a name. */
function takeOrPoison(owner: DefragmentOwner, database: Database): DatabaseHandle {
  try {
    return owner.take(database);
  } catch (error) {
    throw owner.poison(error);
  }
}

function renameOrClose(file: DiskFile, rename: () => void): void {
  try {
    rename();
  } catch (error) {
    file.close();
    throw error;
  }
}

/** What led here matters more than what clearing up says. */
function discardCopy(owner: DefragmentOwner, copy: DefragmentingCopy, path: string): void {
  try {
    copy.database.close();
    owner.runtime.disk.remove(path);
  } catch (error) {
    owner.warn("cannot remove an unfinished copy of the database", path, error);
  }
}
