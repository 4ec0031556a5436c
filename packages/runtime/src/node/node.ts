import type { Runtime } from "../runtime.ts";
import { nodeClock } from "./clock.ts";
import { nodeDigests } from "./digest.ts";
import { nodeDisk } from "./disk.ts";
import { nodeKeys } from "./keys.ts";
import { nodeNetwork } from "./network.ts";
import { nodeRandom } from "./random.ts";
import { nodeResolver } from "./resolver.ts";

export { nodeClock, nodeDigests, nodeDisk, nodeKeys, nodeNetwork, nodeRandom, nodeResolver };

/** The real world: this process's clock, file system, network and cryptography. */
export const nodeRuntime: Runtime = {
  clock: nodeClock,
  random: nodeRandom,
  disk: nodeDisk,
  network: nodeNetwork,
  resolver: nodeResolver,
  digests: nodeDigests,
  keys: nodeKeys,
};
