/** Bugs that the trials must find, each planted from outside. */
import { Backend } from "@nodetcd/backend";
import type { Clock, Disk, DiskFile } from "@nodetcd/runtime";
import { wrapDisk, wrapFiles } from "./wrap.ts";

export interface Plant {
  /** The disk as the member gets it. */
  readonly disk: (disk: Disk, clock: Clock) => Disk;
  /** Changes the program; returns how to undo that. */
  readonly begin?: () => () => void;
}

export const honest: Plant = { disk: (disk) => disk };

/** By name; what is planted is what the name says. */
export const plants: Readonly<Record<string, Plant>> = {
  "log not synced before the reply": {
    disk: (disk) =>
      wrapFiles(disk, ".wal", (file) => ({
        writeSynced: (chunks, position) => file.writeAsync(chunks, position),
        syncAsync: () => Promise.resolve(),
      })),
  },
  "a sync of the log covers the last write only": {
    disk: (disk) => wrapFiles(disk, ".wal", syncsLastWriteOnly),
  },
  "a failed write of the log is taken for done": {
    disk: (disk) =>
      wrapFiles(disk, ".wal", (file) => ({
        writeSynced: (chunks, position) =>
          file.writeSynced(chunks, position).catch(() => undefined),
      })),
  },
  "consistent index in another transaction": {
    disk: (disk) => disk,
    begin: putConsistentIndexLater,
  },
  "directories not synced": {
    disk: (disk) =>
      wrapDisk(disk, {
        syncDirectory: () => undefined,
        syncDirectoryAsync: () => Promise.resolve(),
      }),
  },
  "snapshot record before its file": { disk: saveSnapshotsLater },
  "pages not synced before their meta": {
    disk: (disk) => wrapFiles(disk, "/db", syncsMetasOnly),
  },
  "state found at opening not synced": {
    disk: (disk) => wrapFiles(disk, "/db", (file) => ({ sync: ignoreFirst(() => file.sync()) })),
  },
};

function ignoreFirst(work: () => void): () => void {
  let isFirst = true;
  return () => {
    if (!isFirst) work();
    isFirst = false;
  };
}

function syncsLastWriteOnly(file: DiskFile): Partial<DiskFile> {
  let last: { chunks: readonly Uint8Array[]; position: number } | undefined;
  return {
    writeAsync: (chunks, position) => {
      last = { chunks: chunks.map((chunk) => new Uint8Array(chunk)), position };
      return file.writeAsync(chunks, position);
    },
    syncAsync: () =>
      last === undefined ? file.syncAsync() : file.writeSynced(last.chunks, last.position),
  };
}

/** The kind of page is in byte 8 of its header. */
const META_FLAG = 0x04;

function syncsMetasOnly(file: DiskFile): Partial<DiskFile> {
  return {
    writeSynced: (chunks, position) =>
      chunks[0]?.[8] === META_FLAG
        ? file.writeSynced(chunks, position)
        : file.writeAsync(chunks, position),
    syncAsync: () => Promise.resolve(),
  };
}

function putConsistentIndexLater(): () => void {
  // oxlint-disable-next-line typescript/unbound-method -- put back, and called with its `this`
  const { put } = Backend.prototype;
  const last = new WeakMap<Backend, string>();
  Backend.prototype.put = function (this: Backend, bucket, key, value): void {
    const isIndex = bucket === "meta" && Buffer.from(key).toString() === "consistent_index";
    if (!isIndex) return put.call(this, bucket, key, value);
    const text = Buffer.from(value).toString("hex");
    if (last.get(this) === text) return;
    last.set(this, text);
    queueMicrotask(() => put.call(this, bucket, key, value));
  };
  return () => {
    Backend.prototype.put = put;
  };
}

/** What makes a snapshot file happens some milliseconds after it was asked for. */
function saveSnapshotsLater(disk: Disk, clock: Clock): Disk {
  const isBuilding = (path: string): boolean => path.includes("/tmp-");
  let later: (() => void)[] = [];
  const run = (): void => {
    for (const step of later.splice(0)) step();
  };
  return wrapDisk(disk, {
    openAsync: async (path, mode, permissions) => {
      if (!isBuilding(path)) return disk.openAsync(path, mode, permissions);
      let file: DiskFile;
      later = [() => (file = disk.open(path, mode, permissions))];
      return {
        writeAsync: async (chunks: readonly Uint8Array[], position: number) =>
          void later.push(() => file.write(Buffer.concat(chunks), position)),
        syncAsync: async () => void later.push(() => file.sync()),
        close: () => void later.push(() => file.close()),
      } as DiskFile;
    },
    renameAsync: async (from, to) => {
      if (!isBuilding(from)) return disk.renameAsync(from, to);
      later.push(() => disk.rename(from, to));
    },
    syncDirectoryAsync: async (path) => {
      if (later.length === 0) return disk.syncDirectoryAsync(path);
      later.push(() => disk.syncDirectory(path));
      clock.setTimer(5, run);
    },
  });
}
