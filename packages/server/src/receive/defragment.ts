import type { DefragmentRequest, DefragmentResponse } from "@nodetcd/messages";
import { isFeatureEnabled } from "../feature-gates.ts";
import type { MemberContext } from "../member-context.ts";
import { toRequestError } from "../wire/error-map.ts";
import type { UnaryHandler } from "./handler.ts";
import type { HealthStatus } from "./health.ts";

/** `etcdserverpb.Maintenance/Defragment`: rewrites this member's database file without its holes. */
export function receiveDefragment(
  member: MemberContext,
  health: HealthStatus,
): UnaryHandler<DefragmentRequest, DefragmentResponse> {
  const { backend, config, logger } = member;
  return async () => {
    logger.info("starting defragment");
    if (isFeatureEnabled(config.featureGates, "StopGRPCServiceOnDefrag")) health.set(false);
    try {
      await backend.defragment();
      logger.info("finished defragment");
      return {};
    } catch (error) {
      logger.warn("failed to defragment", { error: toRequestError(error).message });
      throw error;
    } finally {
      health.set(true);
    }
  };
}
