import { isInitialized } from "../data-dir.ts";
import type { Bootstrap, BootstrapContext } from "./context.ts";
import { forceNewCluster } from "./force-new-cluster.ts";
import { joinCluster, newCluster } from "./new-cluster.ts";
import { restart } from "./restart.ts";

/** Founds a cluster, joins one, or takes up the life of the member that the data directory holds. */
export function bootstrap(context: BootstrapContext): Promise<Bootstrap> {
  const { runtime, config, directory } = context;
  if (isInitialized(runtime.disk, directory)) {
    return config.forceNewCluster ? forceNewCluster(context) : restart(context);
  }
  return config.initialClusterState === "existing" ? joinCluster(context) : newCluster(context);
}
