import type { WalSnapshot } from "@nodetcd/messages";
import type { DiskFile, OpenMode } from "@nodetcd/runtime";
import { FaultDisk } from "@nodetcd/simulator";
import { describe, expect, it } from "vitest";
import { createWal, openWal } from "../src/wal.ts";
import { entries, entry, FROM_START, inMemory, METADATA, plain } from "./helpers.ts";

const DIRECTORY = "/data/wal";

/** Waits until the event loop has nothing to do but timers. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** Whatever would hold the event loop up fails. */
class OnlyAsyncDisk extends FaultDisk {
  forbidden = false;

  override remove(path: string): void {
    if (this.forbidden) throw new Error(`remove(${path}) holds up the event loop`);
    super.remove(path);
  }

  override async removeAsync(path: string): Promise<void> {
    await Promise.resolve();
    super.remove(path);
  }

  override open(path: string, mode: OpenMode): DiskFile {
    if (this.forbidden && !this.exists(path)) {
      throw new Error(`open(${path}) makes a file, which holds up the event loop`);
    }
    return super.open(path, mode);
  }

  override async openAsync(path: string, mode: OpenMode): Promise<DiskFile> {
    await Promise.resolve();
    return super.open(path, mode);
  }

  override rename(from: string, to: string): void {
    if (this.forbidden) throw new Error(`rename(${from}) holds up the event loop`);
    super.rename(from, to);
  }

  override async renameAsync(from: string, to: string): Promise<void> {
    await Promise.resolve();
    super.rename(from, to);
  }

  override syncDirectory(path: string): void {
    if (this.forbidden) throw new Error(`syncDirectory(${path}) holds up the event loop`);
    super.syncDirectory(path);
  }

  override async syncDirectoryAsync(path: string): Promise<void> {
    await Promise.resolve();
    super.syncDirectory(path);
  }
}

/** Directories are synced only once `release` is called. */
class GatedDisk extends FaultDisk {
  release = (): void => undefined;
  #gate = Promise.resolve();

  shut(): void {
    this.#gate = new Promise((resolve) => (this.release = resolve));
  }

  override async syncDirectoryAsync(path: string): Promise<void> {
    await this.#gate;
    super.syncDirectory(path);
  }
}

function snapshotAt(index: number): WalSnapshot {
  const none = { learners: [], votersOutgoing: [], learnersNext: [] };
  return { index, term: 1, confState: { voters: [1n], ...none, autoLeave: false } };
}

function temporaryFiles(disk: FaultDisk): string[] {
  const names = disk.list(DIRECTORY).map(({ name }) => name);
  return names.filter((name) => name.endsWith(".tmp"));
}

describe("a cut", () => {
  it("acknowledges nothing of the new segment before its name is on disk", async () => {
    const disk = new GatedDisk();
    const wal = await createWal(inMemory(disk), DIRECTORY, METADATA, { segmentBytes: 4096 });
    disk.shut();
    // What fills the old segment does not wait for the new one.
    await wal.append(undefined, [entry(1, 1, Buffer.alloc(5000))]);
    let acknowledged = false;
    const append = wal.append(undefined, [entry(2)]).then(() => (acknowledged = true));
    await settle();
    expect(acknowledged).toBe(false);
    disk.release();
    await append;
    expect(acknowledged).toBe(true);
    await wal.close();
  });

  it("and close() sync no directory and remove no file on the event loop", async () => {
    const disk = new OnlyAsyncDisk();
    const runtime = inMemory(disk);
    const wal = await createWal(runtime, DIRECTORY, METADATA, { segmentBytes: 4096 });
    disk.forbidden = true;
    const list = Array.from({ length: 8 }, (_, i) => entry(i + 1, 1, Buffer.alloc(3000)));
    for (const item of list) await wal.append(undefined, [item]);
    await wal.appendSnapshot(snapshotAt(8));
    wal.releaseTo(8);
    await wal.purge(1);
    await settle();
    await wal.close();
    expect(temporaryFiles(disk)).toEqual([]);
    const opened = await openWal(runtime, DIRECTORY, snapshotAt(8));
    expect(opened.entries).toEqual([]);
    await opened.wal.close();
  });
});

describe("close()", () => {
  it("gives up a segment that is being prepared", async () => {
    const disk = new FaultDisk();
    const options = { segmentBytes: 64_000_000 };
    const wal = await createWal(inMemory(disk), DIRECTORY, METADATA, options);
    const before = disk.operations;
    await wal.close();
    // Made, its first part allocated, removed, and the log synced: not sixteen parts.
    expect(disk.operations - before).toBeLessThan(8);
    expect(temporaryFiles(disk)).toEqual([]);
  });

  it("loses nothing when a cut waits for a segment that is given up", async () => {
    const disk = new FaultDisk();
    const runtime = inMemory(disk);
    const options = { segmentBytes: 20_000_000 };
    const wal = await createWal(runtime, DIRECTORY, METADATA, options);
    const list = [...entries(1, 3), entry(4, 1, Buffer.alloc(21_000_000))];
    await wal.append(undefined, list);
    await wal.close();
    expect(temporaryFiles(disk)).toEqual([]);
    const opened = await openWal(inMemory(disk.restart()), DIRECTORY, FROM_START, options);
    expect(plain(opened.entries)).toEqual(plain(list));
    await opened.wal.append(undefined, [entry(5)]);
    await opened.wal.close();
  });

  it("leaves to the next start what is not removed yet of purged segments", async () => {
    const disk = new FaultDisk();
    const runtime = inMemory(disk);
    const options = { segmentBytes: 8_000_000 };
    const wal = await createWal(runtime, DIRECTORY, METADATA, options);
    for (let index = 1; index <= 5; index++) {
      await wal.append(undefined, [entry(index, 1, Buffer.alloc(8_000_000))]);
    }
    await wal.appendSnapshot(snapshotAt(5));
    wal.releaseTo(5);
    await wal.purge(1);
    await wal.close();
    expect(temporaryFiles(disk).length).toBeGreaterThan(0);
    const opened = await openWal(runtime, DIRECTORY, snapshotAt(5), options);
    await opened.wal.close();
    expect(temporaryFiles(disk)).toEqual([]);
    expect(opened.entries).toEqual([]);
  });
});
