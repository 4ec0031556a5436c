import { openBackend } from "@nodetcd/backend";
import { Cluster } from "@nodetcd/membership";
import type { WalSnapshot } from "@nodetcd/messages";
import { MemoryStorage } from "@nodetcd/raft";
import { silentLogger } from "@nodetcd/runtime";
import { FaultDisk, VirtualClock } from "@nodetcd/simulator";
import type { Wal } from "@nodetcd/wal";
import { expect, test } from "vitest";
import type { ReadyLoop } from "../src/persist/ready-loop.ts";
import { LogSnapshots } from "../src/persist/log-snapshot.ts";
import { AppliedIndex } from "../src/state/applied-index.ts";

test("LogSnapshots: one that a leader's snapshot overtakes leaves no record behind it", async () => {
  const disk = new FaultDisk();
  disk.makeDirectory("/snap");
  const clock = new VirtualClock();
  const backend = openBackend({ disk, clock }, "/db", {
    batchIntervalMs: 5,
  });
  const applied = new AppliedIndex(backend, 92, 1);
  applied.advance(93, 1);
  const records: (number | undefined)[] = [];
  const wal = {
    writtenBytes: 0,
    releaseTo: () => undefined,
    appendSnapshot: async ({ index }: WalSnapshot) => void records.push(index),
  } as unknown as Wal;
  const loop = { withLog: (task: (log: Wal) => Promise<void>) => task(wal) } as ReadyLoop;
  const storage = new MemoryStorage();
  const snapshots = new LogSnapshots(
    {
      backend,
      storage,
      loop,
      applied,
      cluster: new Cluster(backend),
      wal,
      disk,
      logger: silentLogger,
      memberId: 1n,
      snapshotDirectory: "/snap",
      snapshotCount: 1,
      catchupEntries: 1,
      holdsLog: () => false,
      onForced: () => undefined,
    },
    { index: 90, term: 1 },
  );
  snapshots.takeIfDue();
  const confState = {
    voters: [1n],
    learners: [],
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
  await snapshots.saveReceived({
    data: new Uint8Array(0),
    metadata: { index: 102, term: 2, confState },
  });
  await clock.advanceAsync(100);
  await snapshots.settled();
  expect(records).toEqual([102]);
  expect(snapshots.recorded).toEqual({ index: 102, term: 2 });
  await backend.close();
});
