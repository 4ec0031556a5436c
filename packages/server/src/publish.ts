import { goDuration } from "@nodetcd/runtime";
import type { MemberContext } from "./member-context.ts";
import { hexId } from "./membership/ids.ts";
import { requestTimeoutMs } from "./engine.ts";
import { CLUSTER_VERSION, minorVersion } from "./version.ts";

/**
 * Tells the cluster through the log what this member is called and where clients find it, at each
 * start; the first leader also settles the cluster's version.
 *
 * @param ready when a leader's first entry is applied
 */
export async function publish(
  member: MemberContext,
  ready: Promise<void>,
  clientUrls: readonly string[],
): Promise<void> {
  const { proposer, cluster, config, logger, memberId, clusterId } = member;
  await ready;
  await proposer.proposeMessage({
    clusterMemberAttrSet: { memberId, memberAttributes: { name: config.name, clientUrls } },
  });
  logger.info("published local member to cluster through raft", {
    "local-member-id": hexId(memberId),
    "local-member-attributes": `{Name:${config.name} ClientURLs:[${clientUrls.join(" ")}]}`,
    "cluster-id": hexId(clusterId),
    "publish-timeout": goDuration(requestTimeoutMs(config)),
  });
  if (cluster.version !== undefined || !member.raft.isLeader) return;
  const version = { "cluster-version": minorVersion(CLUSTER_VERSION) };
  logger.info("setting up initial cluster version using v3 API", version);
  await proposer.proposeMessage({ clusterVersionSet: { ver: CLUSTER_VERSION } });
  logger.info("cluster version is updated", version);
}
