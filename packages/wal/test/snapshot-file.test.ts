import { describe, expect, it } from "vitest";
import type { RaftSnapshot } from "@nodetcd/messages";
import {
  createWal,
  loadNewestSnapshotFile,
  purgeSnapshotFiles,
  readValidSnapshots,
  saveSnapshotFile,
  snapshotFileName,
} from "../src/wal.ts";
import { entries, inMemory, METADATA, overwrite, state } from "./helpers.ts";

const DIRECTORY = "/data";
const confState = {
  voters: [1n],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

function snapshot(term: number, index: number): RaftSnapshot {
  return { data: Buffer.from(`state at ${index}`), metadata: { term, index, confState } };
}
const record = (term: number, index: number) => ({ term, index, confState });

describe("snapshot files", () => {
  it("give back the newest one that a record of the log matches", async () => {
    const { disk } = inMemory();
    for (const index of [10, 20, 30]) await saveSnapshotFile(disk, DIRECTORY, snapshot(2, index));
    const load = (...records: ReturnType<typeof record>[]) =>
      loadNewestSnapshotFile(disk, DIRECTORY, records)?.metadata?.index;
    expect(load(record(2, 10), record(2, 30))).toBe(30);
    expect(load(record(2, 10), record(1, 30))).toBe(10);
    expect(load()).toBeUndefined();
    expect(disk.list(DIRECTORY).map((e) => e.name)[0]).toBe(
      "0000000000000002-000000000000000a.snap",
    );
  });

  it("are written over what a crash in the middle of a write has left", async () => {
    const { disk } = inMemory();
    disk.open(`${DIRECTORY}/tmp-0000000000000002-000000000000000a.snap`, "create-new").close();
    await saveSnapshotFile(disk, DIRECTORY, snapshot(2, 10));
    expect(loadNewestSnapshotFile(disk, DIRECTORY, [record(2, 10)])?.metadata?.index).toBe(10);
    expect(disk.list(DIRECTORY)).toHaveLength(1);
  });

  it("that are broken are set aside, and the one before is taken", async () => {
    const { disk } = inMemory();
    for (const index of [10, 20]) await saveSnapshotFile(disk, DIRECTORY, snapshot(2, index));
    const path = `${DIRECTORY}/0000000000000002-0000000000000014.snap`;
    const good = disk.readFile(path);
    for (let at = 0; at < good.length; at++) {
      const bytes = good.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      overwrite(disk, path, bytes);
      const found = loadNewestSnapshotFile(disk, DIRECTORY, [record(2, 10), record(2, 20)]);
      // The fifth byte of the checksum has bits that mean nothing.
      if (at === 5) expect(found?.metadata?.index).toBe(20);
      else {
        expect(found?.metadata?.index).toBe(10);
        expect(disk.exists(path)).toBe(false);
        expect(disk.exists(`${path}.broken`)).toBe(true);
      }
    }
  });

  it("are purged oldest first", async () => {
    const { disk } = inMemory();
    for (const index of [10, 20, 30]) await saveSnapshotFile(disk, DIRECTORY, snapshot(2, index));
    const needed = { term: 2, index: 30 };
    await purgeSnapshotFiles(disk, DIRECTORY, 2, needed);
    expect(disk.list(DIRECTORY).length).toBe(2);
    await purgeSnapshotFiles(disk, DIRECTORY, 2, needed);
    expect(disk.list(DIRECTORY)[0]?.name).toContain("0014.snap");
  });

  it("are kept from the newest on that the log has a record of, however few are to be kept", async () => {
    const { disk } = inMemory();
    for (const index of [10, 20, 30]) await saveSnapshotFile(disk, DIRECTORY, snapshot(2, index));
    await purgeSnapshotFiles(disk, DIRECTORY, 1, { term: 2, index: 20 });
    const names = disk.list(DIRECTORY).map(({ name }) => name);
    expect(names).toEqual([snapshotFileName(2, 20), snapshotFileName(2, 30)]);
  });

  it("count only up to the commit index of the last state", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, "/data/wal", METADATA);
    await wal.append(state(1, 5), entries(1, 20));
    for (const index of [3, 5, 6]) await wal.appendSnapshot(record(1, index));
    await wal.close();
    const valid = readValidSnapshots(runtime.disk, "/data/wal");
    expect(valid.map((found) => found.index)).toEqual([0, 3, 5]);
    expect(valid[1]?.confState).toEqual(confState);
    expect(readValidSnapshots(runtime.disk, "/nowhere")).toEqual([]);
  });
});
