import type { Database } from "@nodetcd/bolt";
import { type DiskFile, type SerialQueue, shrinkAndClose } from "@nodetcd/runtime";
import type { CommittedView } from "./committed-view.ts";
import type { DatabaseHandle } from "./database-handle.ts";
import type { DefragmentingCopy } from "./defragmenting-copy.ts";
import type { BackendRuntime } from "./options.ts";
import { parentOf } from "./path.ts";

/** What a defragmentation asks of the backend that it works for. */
export interface DefragmentOwner {
  readonly runtime: BackendRuntime;
  /** The file that is to be replaced. */
  readonly path: string;
  /** Where commits run too. */
  readonly queue: SerialQueue;
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
  let replaced = false;
  try {
    const step = async (): Promise<boolean> => {
      refuse();
      return copy.step(owner.view());
    };
    while (!(await owner.queue.run(step))) await clock.yield();
    await owner.queue.run(async () => {
      refuse();
      await replaceFile(owner, copy.database, path);
      replaced = true;
      await saveName(owner);
    });
  } catch (error) {
    if (!replaced) await discardCopy(owner, copy, path);
    throw error;
  }
}

/** No commit comes before this is over. */
async function saveName(owner: DefragmentOwner): Promise<void> {
  try {
    await owner.runtime.disk.syncDirectoryAsync(parentOf(owner.path));
  } catch (error) {
    // The old file may come back under this name, without what is committed from now on.
    throw owner.poison(error);
  }
}

/** Reads go on from the old file until the new one is taken; both have the same content. */
async function replaceFile(
  owner: DefragmentOwner,
  database: Database,
  path: string,
): Promise<void> {
  const { clock, disk } = owner.runtime;
  const oldFile = disk.open(owner.path, "write");
  await renameOrClose(oldFile, () => disk.renameAsync(path, owner.path));
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

/** @param file closed when `rename` fails */
export async function renameOrClose(file: DiskFile, rename: () => Promise<void>): Promise<void> {
  try {
    await rename();
  } catch (error) {
    file.close();
    throw error;
  }
}

/** What led here matters more than what clearing up says. */
async function discardCopy(
  owner: DefragmentOwner,
  copy: DefragmentingCopy,
  path: string,
): Promise<void> {
  try {
    copy.database.close();
    await owner.runtime.disk.removeAsync(path);
  } catch (error) {
    owner.warn("cannot remove an unfinished copy of the database", path, error);
  }
}
