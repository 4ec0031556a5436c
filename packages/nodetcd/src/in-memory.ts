import type { MemberConfig } from "@nodetcd/server";

const MIB: number = 1024 * 1024;

/** Settings of a member whose disk is memory: it keeps what a restart would need, but not much of it. */
export const IN_MEMORY: Partial<MemberConfig> = {
  dataDir: "/nodetcd",
  unsafeNoFsync: true,
  walSegmentBytes: MIB,
  maxWals: 2,
  maxSnapshots: 1,
  snapshotCount: 2_000,
  snapshotCatchupEntries: 100,
  // Pages are in memory anyway.
  cacheBytes: 8 * MIB,
};
