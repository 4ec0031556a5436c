import { MemoryStorage, type Peer } from "@nodetcd/raft";
import { consistentIndexOf } from "../state/applied-index.ts";
import type { MemberConfig } from "../config.ts";
import { foundingPeerUrls } from "../config-check.ts";
import type { DataDirectory } from "../data-dir.ts";
import { ServerError } from "../errors.ts";
import { clusterIdOf, hexId, memberIdOf } from "../membership/ids.ts";
import { memberJson } from "../membership/member-json.ts";
import { createLog } from "../persist/log-storage.ts";
import type { Bootstrap, BootstrapContext } from "./context.ts";

/** What the first entry of a new cluster's log says of its founding member. */
export function foundingPeer(config: MemberConfig, memberId: bigint): Peer {
  const peerUrls = foundingPeerUrls(config).toSorted();
  const member = { id: memberId, name: config.name, peerUrls, clientUrls: [], isLearner: false };
  return { id: memberId, context: Buffer.from(memberJson(member)) };
}

/** A new log counts from the beginning: what the database has applied already would be passed over. */
function refuseUsedDatabase(consistentIndex: number, directory: DataDirectory): void {
  if (consistentIndex === 0) return;
  throw new ServerError(
    "DATA_DIR_BAD",
    `The database ${directory.database} has applied the log up to index ${consistentIndex}, but there ` +
      `is no write-ahead log in ${directory.wal}. Put it back (see --wal-dir), or restore the data ` +
      "directory from a snapshot",
  );
}

/** Founds a cluster of this member alone: its id and the cluster's follow from the options. */
export async function newCluster(context: BootstrapContext): Promise<Bootstrap> {
  const { runtime, config, directory, backend, logger, walOptions } = context;
  refuseUsedDatabase(consistentIndexOf(backend), directory);
  const peerUrls = foundingPeerUrls(config);
  const memberId = await memberIdOf(peerUrls, config.initialClusterToken);
  const clusterId = await clusterIdOf([memberId]);
  logger.info("starting local member", {
    "local-member-id": hexId(memberId),
    "cluster-id": hexId(clusterId),
  });
  return {
    memberId,
    clusterId,
    wal: await createLog(runtime, directory.wal, { memberId, clusterId }, walOptions),
    storage: new MemoryStorage(),
    snapshotIndex: 0,
    snapshotTerm: 0,
    peers: [foundingPeer(config, memberId)],
  };
}
