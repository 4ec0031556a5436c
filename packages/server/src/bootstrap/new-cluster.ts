import { MemoryStorage, type Peer } from "@nodetcd/raft";
import type { MemberConfig } from "../config.ts";
import { foundingPeerUrls } from "../config-check.ts";
import { clusterIdOf, hexId, memberIdOf } from "../membership/ids.ts";
import { memberJson } from "../membership/member-json.ts";
import { createLog } from "../persist/log-storage.ts";
import type { Bootstrap, BootstrapContext } from "./bootstrap.ts";

/** What the first entry of a new cluster's log says of its founding member. */
export function foundingPeer(config: MemberConfig, memberId: bigint): Peer {
  const peerUrls = foundingPeerUrls(config).toSorted();
  const member = { id: memberId, name: config.name, peerUrls, clientUrls: [], isLearner: false };
  return { id: memberId, context: Buffer.from(memberJson(member)) };
}

/** Founds a cluster of this member alone: its id and the cluster's follow from the options. */
export async function newCluster(context: BootstrapContext): Promise<Bootstrap> {
  const { runtime, config, directory, logger, walOptions } = context;
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
