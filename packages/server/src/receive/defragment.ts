import type { UnaryCall } from "@nodetcd/grpc";
import { DefragmentResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import type { HealthStatus } from "./health.ts";
import { failCall, toRequestError } from "../wire/error-map.ts";

const EMPTY_REPLY = DefragmentResponse.encode({});

/** `etcdserverpb.Maintenance/Defragment`: rewrites this member's database file without its holes. */
export function receiveDefragment(
  member: MemberContext,
  health: HealthStatus,
): (request: Uint8Array, call: UnaryCall) => void {
  const { backend, config, logger } = member;
  return (_bytes, call) => {
    logger.info("starting defragment");
    if (config.featureGates.StopGRPCServiceOnDefrag === true) health.set(false);
    backend.defragment().then(
      () => {
        logger.info("finished defragment");
        health.set(true);
        call.reply(EMPTY_REPLY);
      },
      (error: unknown) => {
        logger.warn("failed to defragment", { error: toRequestError(error).message });
        health.set(true);
        failCall(call, error);
      },
    );
  };
}
