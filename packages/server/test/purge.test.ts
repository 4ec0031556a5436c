import { type Runtime, silentLogger } from "@nodetcd/runtime";
import { nodeClock, nodeRuntime } from "@nodetcd/runtime/node";
import { FaultDisk } from "@nodetcd/simulator";
import { readValidSnapshots } from "@nodetcd/wal";
import { expect, test } from "vitest";
import { dataDirectory } from "../src/data-dir.ts";
import { PURGE_INTERVAL_MS } from "../src/limits.ts";
import { startTestMember } from "./support/member.ts";

const config = {
  dataDir: "/data",
  walSegmentBytes: 100_000,
  snapshotCount: 5,
  maxSnapshots: 1,
};

/** A disk that crashes once the second snapshot file has its name, and a purge that is due just then. */
function unluckyRuntime(): { runtime: Runtime; disk: FaultDisk } {
  const disk = new FaultDisk();
  let purge = (): void => undefined;
  const clock = {
    ...nodeClock,
    setRepeating: (intervalMs: number, callback: () => void) => {
      if (intervalMs === PURGE_INTERVAL_MS) purge = callback;
      return nodeClock.setRepeating(intervalMs, callback);
    },
  };
  let snapshots = 0;
  disk.renameAsync = async (from, to): Promise<void> => {
    disk.rename(from, to);
    if (!to.endsWith(".snap") || ++snapshots < 2) return;
    purge();
    for (let turn = 0; turn < 10; turn++) await nodeClock.yield();
    disk.crashAfter(0);
  };
  return { runtime: { ...nodeRuntime, clock, disk }, disk };
}

test("the file of the newest snapshot in the log is not removed while the next one is being saved", async () => {
  const { runtime, disk } = unluckyRuntime();
  const member = await startTestMember(config, silentLogger, runtime);
  while (!disk.crashed) await member.put("key", "value").catch(() => undefined);
  await member.stop().catch(() => undefined);

  const found = disk.restart();
  const { wal, snapshots } = dataDirectory({ ...config, walDir: "" });
  const newest = readValidSnapshots(found, wal).at(-1)?.index ?? 0;
  expect(newest).toBeGreaterThan(0);
  const names = found.list(snapshots).map(({ name }) => name);
  expect(names).toContainEqual(
    expect.stringMatching(`${newest.toString(16).padStart(16, "0")}.snap$`),
  );
});
