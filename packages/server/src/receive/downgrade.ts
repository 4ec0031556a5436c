import { DowngradeAction, type DowngradeRequest, type DowngradeResponse } from "@nodetcd/messages";
import { notImplemented, RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import { CLUSTER_VERSION, minorVersion } from "../version.ts";
import type { UnaryHandler } from "./handler.ts";

/** `3.6` or a semantic version; what is behind major and minor does not matter. */
const TARGET = /^(\d{1,9})\.(\d{1,9})(\.\d{1,9}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)?$/;

/** Raises unless the target is the minor version before the cluster's. */
function checkTarget(target: string, clusterVersion: string): void {
  const match = TARGET.exec(target);
  if (match === null) throw new RequestError("BAD_DOWNGRADE_VERSION_FORMAT");
  const [major, minor] = clusterVersion.split(".").map(Number);
  if (Number(match[1]) !== major || Number(match[2]) !== minor! - 1) {
    throw new RequestError("INVALID_DOWNGRADE_TARGET");
  }
}

/** `etcdserverpb.Maintenance/Downgrade`: enabling one is not built yet. */
export function receiveDowngrade(
  member: MemberContext,
): UnaryHandler<DowngradeRequest, DowngradeResponse> {
  return async ({ action, version }) => {
    const clusterVersion = member.cluster.version ?? CLUSTER_VERSION;
    switch (action) {
      case DowngradeAction.VALIDATE:
        await member.reads.wait();
        checkTarget(version, clusterVersion);
        break;
      case DowngradeAction.ENABLE:
        checkTarget(version, clusterVersion);
        throw notImplemented("Downgrade");
      case DowngradeAction.CANCEL:
        await member.proposer.proposeMessage({ downgradeInfoSet: { enabled: false } });
        break;
      default:
        throw new RequestError("UNKNOWN_METHOD");
    }
    const header = member.headers.of(member.store.revision);
    return { header, version: minorVersion(clusterVersion) };
  };
}
