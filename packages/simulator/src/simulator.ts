export { CrashError, FaultDisk, type FaultDiskOptions } from "./fault-disk.ts";
export type { Faults } from "./fault-file.ts";
export { HostClock } from "./host-clock.ts";
export { SECTOR_BYTES } from "./sector.ts";
export { SeededRandom } from "./seeded-random.ts";
export { VirtualClock } from "./virtual-clock.ts";
export { VirtualNetwork, type VirtualNetworkOptions } from "./virtual-network.ts";
