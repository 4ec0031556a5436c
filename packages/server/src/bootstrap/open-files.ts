import { type AuthStore, openAuthStore } from "@nodetcd/auth";
import type { Backend } from "@nodetcd/backend";
import { type Lessor, openLessor } from "@nodetcd/lease";
import { openStore, type Store } from "@nodetcd/mvcc";
import type { Logger, Runtime } from "@nodetcd/runtime";
import type { WalOptions } from "@nodetcd/wal";
import type { CleanupStack } from "../cleanup-stack.ts";
import type { MemberConfig } from "../config.ts";
import {
  checkPermissions,
  type DataDirectory,
  prepareDataDirectory,
  tidyDataDirectory,
} from "../data-dir.ts";
import { Cluster } from "@nodetcd/membership";
import type { Timings } from "../metrics/timings.ts";
import { bootstrap } from "./bootstrap.ts";
import type { Bootstrap } from "./context.ts";
import { defragmentAtStart } from "./defragment-at-start.ts";
import { forgetReceived } from "./restart.ts";
import { checkDatabase, openDatabaseOf, openingFiles } from "./open-data.ts";

/** What the files of a member are opened with. */
export interface Opening {
  readonly runtime: Runtime;
  readonly config: MemberConfig;
  readonly logger: Logger;
  readonly directory: DataDirectory;
  readonly timings: Timings;
  /** The database cannot be written any more. */
  readonly onFailure: (error: unknown) => void;
  /** Gets what closes each file again, also when a later one cannot be opened. */
  readonly cleanup: CleanupStack;
}

/** The open files of a member, and what was read from them. */
export interface OpenFiles {
  readonly backend: Backend;
  readonly cluster: Cluster;
  readonly start: Bootstrap;
  readonly store: Store;
  readonly lessor: Lessor;
  readonly auth: AuthStore;
}

/**
 * Opens the database, which locks the directory, then opens or makes the log, then reads users,
 * leases and keys into memory. Raises `ServerError`.
 */
export async function openFiles(opening: Opening): Promise<OpenFiles> {
  const { runtime, directory, logger } = opening;
  const { dataDir } = opening.config;
  checkPermissions(runtime.disk, [dataDir, directory.snapshots], logger);
  prepareDataDirectory(runtime.disk, directory);
  return openingFiles(directory, async () => {
    const backend = await openDatabase(opening);
    const cluster = new Cluster(backend);
    const start = await openLog(opening, backend, cluster);
    const auth = openAuthStore({ backend, logger });
    const lessor = readLeases(opening, backend);
    const store = await readKeys(opening, backend, lessor);
    logger.info("kvstore restored", { "current-rev": store.revision });
    return { backend, cluster, start, store, lessor, auth };
  });
}

async function openDatabase(opening: Opening): Promise<Backend> {
  const { runtime, config, directory, logger, timings, onFailure, cleanup } = opening;
  const backend = openDatabaseOf(runtime, config, directory, logger, timings, onFailure);
  cleanup.add(() => backend.close().catch(() => undefined));
  const limits = runtime.disk.lockLimits?.();
  if (limits !== undefined) logger.warn(limits, { path: directory.database });
  tidyDataDirectory(runtime.disk, directory, logger);
  checkDatabase(backend);
  await defragmentAtStart(backend, config.bootstrapDefragThresholdMegabytes, logger);
  return backend;
}

async function openLog(opening: Opening, backend: Backend, cluster: Cluster): Promise<Bootstrap> {
  const { runtime, config, directory, logger, timings, cleanup } = opening;
  const walOptions: WalOptions = {
    logger,
    noSync: config.unsafeNoFsync,
    segmentBytes: config.walSegmentBytes,
    onSync: timings.walSync,
    onWrite: timings.walWrite,
  };
  const parts = { runtime, config, directory, backend, cluster, logger, walOptions };
  const start = await bootstrap(parts);
  forgetReceived(runtime.disk, directory, logger);
  cleanup.add(() => start.wal.close().catch(() => undefined));
  return start;
}

function readLeases({ runtime, config, logger, cleanup }: Opening, backend: Backend): Lessor {
  // The shortest lifetime leaves room for an election, in whole seconds.
  const minTtlSeconds = Math.ceil((1.5 * config.electionTimeoutMs) / 1000);
  const lessor = openLessor({ backend, clock: runtime.clock, logger, minTtlSeconds });
  cleanup.add(async () => lessor.close());
  return lessor;
}

/** Attaches the keys to their leases, too. */
async function readKeys(
  { runtime, config, logger, cleanup }: Opening,
  backend: Backend,
  lessor: Lessor,
): Promise<Store> {
  const store = await openStore(backend, {
    clock: runtime.clock,
    lessor,
    logger,
    compactionBatchLimit: config.compactionBatchLimit,
    compactionSleepMs: config.compactionSleepIntervalMs,
    cacheBytes: Math.floor(config.cacheBytes / 2),
    hashSeed: runtime.random.below(2 ** 32),
  });
  cleanup.add(() => store.close());
  return store;
}
