import { ServerError } from "../errors.ts";
import { hexId } from "../membership/ids.ts";
import { logStorage, openLog } from "../persist/log-storage.ts";
import { consistentIndexOf } from "../state/applied-index.ts";
import type { Bootstrap, BootstrapContext } from "./context.ts";
import { refuseShortLog } from "./check-log.ts";
import { foundingPeer } from "./new-cluster.ts";

/**
 * Takes up the member that the data directory holds. The database knows how far it is; entries of
 * the log above that are applied again.
 */
export async function restart(context: BootstrapContext): Promise<Bootstrap> {
  const { runtime, config, directory, cluster, backend, logger, walOptions } = context;
  const log = await openLog(runtime, directory.wal, walOptions);
  const { memberId, clusterId, wal, snapshot, hardState } = log;
  try {
    const consistent = consistentIndexOf(backend);
    if (consistent < snapshot.index) {
      throw new ServerError(
        "DATA_DIR_BAD",
        `The database ${directory.database} (index ${consistent}) does not match the log's snapshot in ` +
          `${directory.wal} (index ${snapshot.index}): one of the two was replaced or is missing. Restore the data ` +
          "directory from a snapshot, or remove this member and add it again with an empty one",
      );
    }
    refuseShortLog(log, consistent, directory);
    if (cluster.members().length > 1) {
      throw new ServerError(
        "NOT_BUILT_YET",
        "This data directory belongs to a cluster of several members, which is not built yet; " +
          "--force-new-cluster makes its member a cluster of its own",
      );
    }
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
      // A crash in the first moments of a cluster leaves a log without its first entry.
      peers: storage.lastIndex() === 0 ? [foundingPeer(config, memberId)] : [],
    };
  } catch (error) {
    await wal.close();
    throw error;
  }
}
