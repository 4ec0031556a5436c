import { ConfChange, ConfChangeType, type Entry, EntryType } from "@nodetcd/messages";
import { consistentIndexOf } from "../apply/applied-index.ts";
import { hexId } from "../membership/ids.ts";
import { memberJson } from "../membership/member-json.ts";
import { logStorage, openLog } from "../persist/log-storage.ts";
import type { Bootstrap, BootstrapContext } from "./bootstrap.ts";

/**
 * Makes the member of a data directory the only one of its cluster, for when the others are lost:
 * entries that are not known to be committed are dropped, and membership changes that remove the
 * others are appended as if they were committed.
 */
export async function forceNewCluster(context: BootstrapContext): Promise<Bootstrap> {
  const { runtime, config, directory, cluster, backend, logger, walOptions } = context;
  const log = await openLog(runtime, directory.wal, walOptions);
  const { memberId, clusterId, wal, snapshot, hardState } = log;
  // The log may not have been told of the last commits, which the database has applied.
  const committed = Math.max(hardState.commit, consistentIndexOf(backend));
  const kept = log.entries.filter((entry) => entry.index <= committed);
  const term = hardState.term;
  let index = kept.at(-1)?.index ?? snapshot.index;
  const append = (change: Parameters<typeof ConfChange.encode>[0]): Entry => ({
    type: EntryType.EntryConfChange,
    term,
    index: ++index,
    data: ConfChange.encode(change),
  });
  const changes = cluster
    .members()
    .filter((member) => member.id !== memberId)
    .map((member) => append({ type: ConfChangeType.ConfChangeRemoveNode, nodeId: member.id }));
  if (cluster.member(memberId) === undefined) {
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
  const forced = { ...hardState, commit: index };
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
  };
}
