import { type Backend, openBackend } from "@nodetcd/backend";
import { DiskError, type Logger, type Runtime } from "@nodetcd/runtime";
import { storageVersion } from "../state/storage-version.ts";
import type { MemberConfig } from "../config.ts";
import { adviceFor, type DataDirectory } from "../data-dir.ts";
import { ServerError } from "../errors.ts";
import type { Timings } from "../metrics/timings.ts";

/** The schema versions that this program reads. */
const KNOWN_SCHEMAS = new Set(["3.5.0", "3.6.0", "3.7.0"]);

/** True for what no file can be blamed for. */
function isFaultOfProgram(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError;
}

/** The file that another process has locked, when that is at the bottom of `error`. */
function lockedFile(error: unknown): string | undefined {
  if (error instanceof DiskError && error.code === "LOCKED") return error.path;
  return error instanceof Error ? lockedFile(error.cause) : undefined;
}

function explain(error: unknown, directory: DataDirectory): ServerError {
  const locked = lockedFile(error);
  if (locked !== undefined) {
    return new ServerError(
      "DATA_DIR_LOCKED",
      `The data directory ${directory.member} is in use by another process, which has locked ` +
        `${locked}. Stop that process, or choose another directory with --data-dir`,
      { cause: error },
    );
  }
  const text = error instanceof Error ? error.message : String(error);
  // The log's own errors say what to do.
  const advice = error instanceof DiskError ? `. ${adviceFor(error)}` : "";
  return new ServerError(
    "DATA_DIR_BAD",
    `Cannot open the data directory ${directory.member}: ${text}${advice}`,
    { cause: error },
  );
}

/** Says of a database that is not sound where it is, and what to do. */
function explainDatabase(error: unknown, { database }: DataDirectory): unknown {
  const isOther = error instanceof DiskError || lockedFile(error) !== undefined;
  if (isOther || isFaultOfProgram(error) || !(error instanceof Error)) return error;
  return new ServerError(
    "DATA_DIR_BAD",
    `Cannot open the database ${database}: ${error.message}. 'nodetcd bolt check ${database}' may say ` +
      "more. Restore the data directory from a snapshot, or move it away to begin with an empty one",
    { cause: error },
  );
}

/**
 * FairQueue a failure to open a member's files into a `ServerError` that says what to do; faults of the
 * program stay as they are.
 */
export async function openingFiles<T>(
  directory: DataDirectory,
  open: () => T | Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof ServerError || isFaultOfProgram(error)) throw error;
    throw explain(error, directory);
  }
}

/** Opens the database, which also locks the data directory. */
export function openDatabaseOf(
  runtime: Runtime,
  config: MemberConfig,
  directory: DataDirectory,
  logger: Logger,
  timings: Timings,
  onFailure: (error: Error) => void,
): Backend {
  try {
    return openBackend(runtime, directory.database, {
      batchIntervalMs: config.backendBatchIntervalMs,
      batchLimit: config.backendBatchLimit,
      freelistType: config.backendFreelistType,
      noSync: config.unsafeNoFsync,
      cacheBytes: Math.floor(config.cacheBytes / 2),
      logger,
      onCommitDuration: timings.commit,
      onDefragmentDuration: timings.defragment,
      onFailure,
    });
  } catch (error) {
    throw explainDatabase(error, directory);
  }
}

/** Refuses a database that this program would misread, or whose rules it could not keep. */
export function checkDatabase(backend: Backend): void {
  const version = storageVersion(backend);
  if (version !== undefined && !KNOWN_SCHEMAS.has(version)) {
    throw new ServerError(
      "DATA_DIR_BAD",
      `The database was written by a newer version: storage version "${version}" is not supported`,
    );
  }
}
