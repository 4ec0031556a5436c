import {
  Discovery,
  discoverServices,
  foundCluster,
  initialClusterText,
  MembershipError,
} from "@nodetcd/membership";
import type { Logger, Runtime } from "@nodetcd/runtime";
import type { MemberConfig, RegistryConfig } from "../config.ts";
import { explained } from "./explained.ts";

/**
 * The options of a first start, with the members that discovery finds where it is asked for: those that a domain's
 * records name, or those that register themselves in another etcd. Waits for them without end. Raises BAD_CONFIG.
 */
export function discover(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
): Promise<MemberConfig> {
  return explained(async () => {
    const { discoverySrv: domain, discoverySrvName: serviceName, registry, name } = config;
    const advertised = config.initialAdvertisePeerUrls;
    if (domain !== "") {
      const { resolver } = runtime;
      const options = { domain, serviceName, name, advertised, resolver };
      return { ...config, initialCluster: await discoverServices(options) };
    }
    if (registry === undefined) return config;
    const initialCluster = await register(runtime, config, registry, logger);
    return { ...config, initialCluster, initialClusterToken: registry.token };
  });
}

/** The member's id is that which it has alone in a cluster of this token. */
async function register(
  runtime: Runtime,
  { name, initialAdvertisePeerUrls, advertiseClientUrls }: MemberConfig,
  { token, open }: RegistryConfig,
  logger: Logger,
): Promise<string> {
  logger.info("Bootstrapping cluster using v3 discovery.");
  const alone = new Map([[name, initialAdvertisePeerUrls.toSorted()]]);
  const { members } = await foundCluster(alone, token);
  const registry = open();
  const { clock } = runtime;
  const self = initialClusterText(alone);
  try {
    return await new Discovery({
      registry,
      token,
      memberId: members[0]!.id,
      self,
      clock,
      logger,
    }).join();
  } catch (error) {
    if (!(error instanceof MembershipError)) throw error;
    logger.warn("failed to bootstrap; discovery token was already used", {
      "discovery-token": token,
      "advertise-client-urls": advertiseClientUrls,
      error: error.message,
    });
    logger.warn("do not reuse discovery token; generate a new one to bootstrap a cluster");
    const text = `failed to join discovery cluster (${error.message})`;
    throw new MembershipError("DISCOVERY", text, { cause: error });
  } finally {
    registry.close();
  }
}
