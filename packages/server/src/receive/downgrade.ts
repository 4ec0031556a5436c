import type { UnaryCall } from "@nodetcd/grpc";
import { DowngradeAction, DowngradeRequest, DowngradeResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { CLUSTER_VERSION } from "../version.ts";
import { failCall } from "../wire/error-map.ts";
import { notImplemented } from "./not-implemented.ts";

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

async function downgrade(
  member: MemberContext,
  { action, version }: DowngradeRequest,
): Promise<Uint8Array> {
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
  const [major, minor] = clusterVersion.split(".");
  return DowngradeResponse.encode({ header, version: `${major}.${minor}` });
}

/** `etcdserverpb.Maintenance/Downgrade`: enabling one is not built yet. */
export function receiveDowngrade(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      downgrade(member, DowngradeRequest.decode(bytes)).then(
        (reply) => call.reply(reply),
        (error: unknown) => failCall(call, error),
      );
    } catch (error) {
      failCall(call, error);
    }
  };
}
