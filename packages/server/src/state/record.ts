import type { Backend } from "@nodetcd/backend";

/**
 * State that lives in the database and is kept in memory: it is read at the start, changed by applied
 * entries only, and read again when a snapshot from the leader has taken the place of the database.
 */
export interface StateRecord {
  /** Forgets what is in memory and reads the database, synchronously. */
  load(backend: Backend): void;
}
