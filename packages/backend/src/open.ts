import {
  type Database,
  type DatabaseOptions,
  openDatabase,
  openDatabaseInSlices,
} from "@nodetcd/bolt";
import { Backend } from "./batched-store.ts";
import { BUCKET_BYTES } from "./buckets.ts";
import { parentOf } from "./path.ts";
import type { BackendOptions, BackendRuntime } from "./options.ts";

/**
 * Opens the file at `path`, or makes it, with all of etcd's buckets. What a defragmentation left
 * unfinished (`<path>.tmp.*`) is deleted. Raises `BoltError` when the file is locked or invalid.
 */
export function openBackend(
  runtime: BackendRuntime,
  path: string,
  options: BackendOptions = {},
): Backend {
  const databaseOptions: DatabaseOptions = {
    noFreelistSync: true,
    shrink: true,
    clock: runtime.clock,
  };
  if (options.freelistType !== undefined) databaseOptions.freelistType = options.freelistType;
  if (options.cacheBytes !== undefined) databaseOptions.cacheBytes = options.cacheBytes;
  if (options.noSync === true) {
    databaseOptions.noSync = true;
    databaseOptions.noGrowSync = true;
  }
  const { disk } = runtime;
  const open = (file: string): Database => withBuckets(openDatabase(disk, file, databaseOptions));
  const openInSlices = async (file: string): Promise<Database> =>
    withBuckets(await openDatabaseInSlices(disk, file, databaseOptions));
  const backend = new Backend(runtime, { path, open, openInSlices }, options, open(path));
  // Not earlier: without the lock they may be another process's, which is at work on them.
  try {
    removeUnfinishedCopies(runtime, path);
  } catch (error) {
    void backend.close();
    throw error;
  }
  return backend;
}

function withBuckets(database: Database): Database {
  try {
    makeBuckets(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Writes nothing when they are all there. */
function makeBuckets(database: Database): void {
  const names = [...BUCKET_BYTES.values()];
  if (database.view((tx) => names.every((name) => tx.bucket(name) !== undefined))) return;
  database.update((tx) => {
    for (const name of names) tx.createBucketIfMissing(name);
  });
}

function removeUnfinishedCopies({ disk }: BackendRuntime, path: string): void {
  const nameAt = path.lastIndexOf("/") + 1;
  const prefix = `${path.slice(nameAt)}.tmp.`;
  for (const { name } of disk.list(parentOf(path))) {
    if (name.startsWith(prefix)) disk.remove(path.slice(0, nameAt) + name);
  }
}
