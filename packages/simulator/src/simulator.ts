export { CrashError, FaultDisk, type FaultDiskOptions, type Faults } from "./fault-disk.ts";
export { SECTOR_BYTES } from "./sector.ts";
export { SeededRandom } from "./seeded-random.ts";
export { VirtualClock } from "./virtual-clock.ts";
