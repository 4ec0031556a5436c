import { hexId } from "@nodetcd/peers";
import { goDuration, sleep } from "@nodetcd/runtime";
import { requestTimeoutMs } from "./config.ts";
import { PUBLISH_PAUSE_MS } from "./limits.ts";
import type { MemberContext } from "./member-context.ts";
import { toRequestError } from "./wire/error-map.ts";

export type PublishContext = Pick<
  MemberContext,
  "proposer" | "applied" | "config" | "logger" | "memberId" | "clusterId" | "runtime"
>;

/**
 * Tells the cluster through the log what this member is called and where clients find it, at each start;
 * again and again until it is applied, which also says that everything before it is.
 *
 * @param isStopped true when the member gives up
 */
export async function publish(
  { proposer, applied, config, logger, memberId, clusterId, runtime }: PublishContext,
  clientUrls: readonly string[],
  isStopped: () => boolean,
): Promise<void> {
  const fields = {
    "local-member-id": hexId(memberId),
    "local-member-attributes": `{Name:${config.name} ClientURLs:[${clientUrls.join(" ")}]}`,
    "publish-timeout": goDuration(requestTimeoutMs(config)),
  };
  for (;;) {
    try {
      const applying = proposer
        .proposeMessage({
          clusterMemberAttrSet: { memberId, memberAttributes: { name: config.name, clientUrls } },
        })
        .then(() => true);
      const isApplied = await Promise.race([applying, applied.nextJump().then(() => false)]);
      if (isApplied) break;
      // It may have come with the leader's snapshot, unseen.
    } catch (error) {
      const refusal = toRequestError(error);
      if (isStopped()) throw error;
      if (refusal.code === "TOO_MANY_REQUESTS") {
        // What was in the log at the start is being applied.
        await sleep(runtime.clock, PUBLISH_PAUSE_MS);
        continue;
      }
      if (!refusal.code.startsWith("TIMEOUT")) throw error;
      const text = "failed to publish local member to cluster through raft";
      logger.warn(text, { ...fields, error: "etcdserver: request timed out" });
    }
  }
  const cluster = { "cluster-id": hexId(clusterId) };
  logger.info("published local member to cluster through raft", { ...fields, ...cluster });
}
