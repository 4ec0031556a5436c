import { ConfChange, ConfChangeType, type Entry, EntryType } from "@nodetcd/messages";
import { consistentIndexOf } from "../state/applied-index.ts";
import type { Cluster } from "@nodetcd/membership";
import { hexId } from "@nodetcd/peers";
import { memberJson } from "@nodetcd/membership";
import { logStorage, type OpenedLog, openLog } from "../persist/log-storage.ts";
import type { Bootstrap, BootstrapContext } from "./context.ts";
import { refuseForeignLog, refuseShortLog } from "./check-log.ts";

/**
 * Makes the member of a data directory the only one of its cluster, for when the others are lost:
 * entries that are not known to be committed are dropped, and membership changes that remove the
 * others are appended as if they were committed.
 */
export async function forceNewCluster(context: BootstrapContext): Promise<Bootstrap> {
  const { runtime, config, directory, cluster, backend, logger, walOptions } = context;
  const log = await openLog(runtime, directory.wal, walOptions);
  const { memberId, clusterId, wal, snapshot, hardState } = log;
  const consistent = consistentIndexOf(backend);
  try {
    refuseForeignLog(log, cluster, consistent, directory);
    refuseShortLog(log, consistent, directory);
  } catch (error) {
    await wal.close();
    throw error;
  }
  const kept = committedEntries(log, consistent, cluster);
  const members = membersAfter(kept, consistent, cluster);
  // Without a state not even the founding of the cluster is in the log.
  const term = Math.max(1, hardState.term);
  let index = kept.at(-1)?.index ?? snapshot.index;
  const append = (change: Parameters<typeof ConfChange.encode>[0]): Entry => ({
    type: EntryType.EntryConfChange,
    term,
    index: ++index,
    data: ConfChange.encode(change),
  });
  const changes = [...members]
    .filter((id) => id !== memberId)
    .map((id) => append({ type: ConfChangeType.ConfChangeRemoveNode, nodeId: id }));
  if (!members.has(memberId)) {
    const peerUrls = config.initialAdvertisePeerUrls;
    const member = { id: memberId, name: config.name, peerUrls, clientUrls: [], isLearner: false };
    changes.push(
      append({
        type: ConfChangeType.ConfChangeAddNode,
        nodeId: memberId,
        context: Buffer.from(memberJson(member)),
      }),
    );
  }
  const forced = { ...hardState, term, commit: index };
  await wal.append(forced, changes);
  logger.info("forcing restart member", {
    "cluster-id": hexId(clusterId),
    "local-member-id": hexId(memberId),
    "wal-commit-index": hardState.commit,
    "commit-index": index,
  });
  const shortened = { ...log, entries: [...kept, ...changes], hardState: forced };
  return {
    memberId,
    clusterId,
    wal,
    storage: logStorage(shortened, cluster.confState()),
    snapshotIndex: snapshot.index,
    snapshotTerm: snapshot.term,
    peers: [],
    remotes: [],
  };
}

/**
 * The entries that are known to be committed. The log need not have been told of the last commits: the
 * database may have applied them, and where nobody else has a vote all that is in the log is.
 */
function committedEntries(log: OpenedLog, consistent: number, cluster: Cluster): Entry[] {
  const committed = Math.max(log.hardState.commit, consistent);
  const members = membersAfter(log.entries, consistent, cluster);
  const isAlone = log.hardState.commit > 0 && members.size === 1 && members.has(log.memberId);
  return log.entries.filter((entry) => isAlone || entry.index <= committed);
}

/** Who belongs to the cluster once these entries are applied. */
function membersAfter(
  entries: readonly Entry[],
  consistent: number,
  cluster: Cluster,
): Set<bigint> {
  const members = new Set(cluster.members().map((member) => member.id));
  for (const entry of entries) {
    if (entry.index <= consistent || entry.type !== EntryType.EntryConfChange) continue;
    const { type, nodeId } = ConfChange.decode(entry.data);
    if (type === ConfChangeType.ConfChangeRemoveNode) members.delete(nodeId);
    else members.add(nodeId);
  }
  return members;
}
