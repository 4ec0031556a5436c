import { checkDowngrade, checkDowngradeCancel, minorText } from "@nodetcd/membership";
import { DowngradeAction, type DowngradeRequest, type DowngradeResponse } from "@nodetcd/messages";
import { RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import { CLUSTER_VERSION } from "../version.ts";
import type { UnaryHandler } from "./handler.ts";

/** `etcdserverpb.Maintenance/Downgrade` */
export function receiveDowngrade(
  member: MemberContext,
): UnaryHandler<DowngradeRequest, DowngradeResponse> {
  const { cluster, proposer, logger, headers, store } = member;
  return async ({ action, version }) => {
    // What this member knows may be old.
    await member.reads.wait();
    const before = cluster.version ?? CLUSTER_VERSION;
    switch (action) {
      case DowngradeAction.VALIDATE:
        checkDowngrade(version, cluster.version, cluster.downgradeTarget);
        break;
      case DowngradeAction.ENABLE: {
        const ver = checkDowngrade(version, cluster.version, cluster.downgradeTarget);
        await proposer.proposeMessage({ downgradeInfoSet: { enabled: true, ver } });
        break;
      }
      case DowngradeAction.CANCEL:
        try {
          checkDowngradeCancel(cluster.downgradeTarget);
        } catch (error) {
          // Logged and passed over, as in etcd.
          logger.error("failed to cancel downgrade", { error: String(error) });
        }
        await proposer.proposeMessage({ downgradeInfoSet: { enabled: false } });
        break;
      default:
        throw new RequestError("UNKNOWN_METHOD");
    }
    return { header: headers.of(store.revision), version: minorText(before) };
  };
}
