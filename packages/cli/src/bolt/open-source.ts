import { type Database, openDatabase } from "@nodetcd/bolt";
import { BoltCommandError } from "./command-error.ts";
import type { World } from "./command.ts";
import { quote } from "../quote.ts";

/** Bytes of pages that a command keeps in memory, whatever the size of the file. */
const CACHE_BYTES = 64 * 1024 * 1024;

/** Raises when there is no such file. */
export function requireFile(world: World, path: string): void {
  if (world.disk.exists(path)) return;
  throw new BoltCommandError(`source database file ${quote(Buffer.from(path))} doesn't exist`);
}

/** Opens for reading, runs `work`, closes. */
export function withDatabase<T>(world: World, path: string, work: (db: Database) => T): T {
  requireFile(world, path);
  const db = openDatabase(world.disk, path, { readOnly: true, cacheBytes: CACHE_BYTES });
  try {
    return work(db);
  } finally {
    db.close();
  }
}
