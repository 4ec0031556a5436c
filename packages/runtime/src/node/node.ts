import type { Runtime } from "../runtime.ts";
import { nodeClock } from "./clock.ts";
import { nodeDisk } from "./disk.ts";
import { nodeNetwork } from "./network.ts";
import { nodeRandom } from "./random.ts";

export { nodeClock, nodeDisk, nodeNetwork, nodeRandom };

/** The real world: this process's clock, file system and network. */
export const nodeRuntime: Runtime = {
  clock: nodeClock,
  random: nodeRandom,
  disk: nodeDisk,
  network: nodeNetwork,
};
