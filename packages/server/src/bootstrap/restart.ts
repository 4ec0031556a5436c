import { Cluster } from "@nodetcd/membership";
import { hexId, snapshotDatabaseName } from "@nodetcd/peers";
import type { Peer } from "@nodetcd/raft";
import type { Disk, Logger } from "@nodetcd/runtime";
import type { DataDirectory } from "../data-dir.ts";
import { ServerError } from "../errors.ts";
import { logStorage, type OpenedLog, openLog } from "../persist/log-storage.ts";
import { consistentIndexOf } from "../state/applied-index.ts";
import { refuseForeignLog, refuseShortLog, refuseSwappedDirectory } from "./check-log.ts";
import type { Bootstrap, BootstrapContext } from "./context.ts";
import { discover } from "./discover.ts";
import { beginNew } from "./found-cluster.ts";
import { foundingPeers } from "./new-cluster.ts";

/**
 * Takes up the member that the data directory holds. The database knows how far it is; entries of
 * the log above that are applied again.
 */
export async function restart(context: BootstrapContext): Promise<Bootstrap> {
  const { runtime, config, directory, cluster, backend, logger, walOptions } = context;
  const log = await openLog(runtime, directory.wal, walOptions);
  const { memberId, clusterId, wal, snapshot, hardState } = log;
  try {
    refuseForeignLog(log, cluster, consistentIndexOf(backend), directory);
    refuseSwappedDirectory(log, cluster, config, directory);
    if (consistentIndexOf(backend) < snapshot.index) await takeReceivedDatabase(context, log);
    const consistent = consistentIndexOf(backend);
    refuseShortLog(log, consistent, directory);
    logger.info("restarting local member", {
      "cluster-id": hexId(clusterId),
      "local-member-id": hexId(memberId),
      "commit-index": hardState.commit,
    });
    // The first write of a log founds the cluster: an entry, and a state that says it is committed. Torn
    // between the two, nothing has happened yet.
    const entries = hardState.commit > 0 ? log.entries : [];
    const storage = logStorage({ ...log, entries }, cluster.confState());
    return {
      memberId,
      clusterId,
      wal,
      storage,
      snapshotIndex: snapshot.index,
      snapshotTerm: snapshot.term,
      // A crash in the first moments of a cluster leaves a log without its first entries.
      peers: storage.lastIndex() === 0 ? await founders(context) : [],
      remotes: [],
    };
  } catch (error) {
    await wal.close();
    throw error;
  }
}

/** Of the cluster that was being founded; nobody for a member that was joining one. */
async function founders({ runtime, config, logger }: BootstrapContext): Promise<Peer[]> {
  if (config.initialClusterState === "existing") return [];
  const founding = await discover(runtime, config, logger);
  return foundingPeers((await beginNew(runtime, founding, logger)).members);
}

/**
 * The log has a snapshot from a leader that the database does not hold: the process ended between the two. The
 * database that came with it lies beside the old one.
 */
async function takeReceivedDatabase(
  { runtime, directory, backend, cluster, logger }: BootstrapContext,
  log: OpenedLog,
): Promise<void> {
  const { index } = log.snapshot;
  const path = `${directory.snapshots}/${snapshotDatabaseName(index)}`;
  if (!runtime.disk.exists(path)) {
    throw new ServerError(
      "DATA_DIR_BAD",
      `The database ${directory.database} (index ${consistentIndexOf(backend)}) does not match the log's snapshot in ` +
        `${directory.wal} (index ${index}): one of the two was replaced or is missing. Restore the data ` +
        "directory from a snapshot, or remove this member and add it again with an empty one",
    );
  }
  const received = await backend.openOther(path);
  try {
    const files = { ...directory, database: path };
    refuseForeignLog(log, new Cluster(received), consistentIndexOf(received), files);
  } catch (error) {
    await received.close();
    throw error;
  }
  await backend.exchange(received, () => cluster.load(backend));
  logger.info("recovered the database of a snapshot", { path, "snapshot-index": index });
}

/** Removes databases of snapshots that nothing refers to any more, once the member's own is known. */
export function forgetReceived(disk: Disk, { snapshots }: DataDirectory, logger: Logger): void {
  for (const { name } of disk.list(snapshots)) {
    if (!name.endsWith(".snap.db")) continue;
    disk.remove(`${snapshots}/${name}`);
    logger.info("removed the database of a snapshot", { path: `${snapshots}/${name}` });
  }
}
