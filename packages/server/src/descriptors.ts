import type { Disk } from "@nodetcd/runtime";

/** Open descriptors of this process; undefined where /proc is missing. */
export function openDescriptors(disk: Disk): number | undefined {
  try {
    return disk.list("/proc/self/fd").length;
  } catch {
    return undefined;
  }
}

/** How many descriptors this process may have; undefined where /proc is missing, or without a limit. */
export function descriptorLimit(disk: Disk): number | undefined {
  try {
    const limits = Buffer.from(disk.readFile("/proc/self/limits")).toString();
    const limit = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
