import type { Core } from "./core.ts";
import { hexId } from "./membership/ids.ts";
import { CLUSTER_VERSION } from "./version.ts";

/**
 * Tells the cluster through the log what this member is called and where clients find it, at each
 * start; the first leader also settles the cluster's version.
 *
 * @param ready when a leader's first entry is applied
 */
export async function publish(
  core: Core,
  ready: Promise<void>,
  clientUrls: readonly string[],
): Promise<void> {
  const { proposer, cluster, config, logger, memberId, clusterId } = core;
  await ready;
  await proposer.proposeMessage({
    clusterMemberAttrSet: { memberId, memberAttributes: { name: config.name, clientUrls } },
  });
  logger.info("published local member to cluster through raft", {
    "local-member-id": hexId(memberId),
    "local-member-attributes": `{Name:${config.name} ClientURLs:[${clientUrls.join(" ")}]}`,
    "cluster-id": hexId(clusterId),
  });
  if (cluster.version !== undefined || !core.raft.isLeader) return;
  logger.info("setting up initial cluster version using v3 API", {
    "cluster-version": CLUSTER_VERSION.split(".").slice(0, 2).join("."),
  });
  await proposer.proposeMessage({ clusterVersionSet: { ver: CLUSTER_VERSION } });
}
