import { crc32c, WireError } from "@nodetcd/bytes";
import { RaftSnapshot, SnapshotFile, type WalSnapshot } from "@nodetcd/messages";
import type { Disk } from "@nodetcd/runtime";

const NAME = /^([0-9a-f]{16})-([0-9a-f]{16})\.snap$/;

function hex16(value: number): string {
  return value.toString(16).padStart(16, "0");
}

/** `snapshotFileName(2, 100)` is `0000000000000002-0000000000000064.snap`: term, then index. */
export function snapshotFileName(term: number, index: number): string {
  return `${hex16(term)}-${hex16(index)}.snap`;
}

/**
 * Saves a snapshot and syncs it. It is written under another name and renamed, so that a crash
 * leaves the whole file or none. A snapshot of index 0 is nothing and not saved. Resolves when it is safe.
 *
 * @param snapshot borrowed until the call returns
 */
export async function saveSnapshotFile(
  disk: Disk,
  directory: string,
  snapshot: RaftSnapshot,
): Promise<void> {
  const { metadata } = snapshot;
  if (metadata === undefined || metadata.index === 0) return;
  const data = RaftSnapshot.encode(snapshot);
  const bytes = SnapshotFile.encode({ crc: crc32c(0, data), data });
  const name = snapshotFileName(metadata.term, metadata.index);
  const building = `${directory}/tmp-${name}`;
  if (disk.exists(building)) await disk.removeAsync(building);
  const file = await disk.openAsync(building, "create-new");
  try {
    await file.writeAsync([bytes], 0);
    await file.syncAsync();
  } finally {
    file.close();
  }
  await disk.renameAsync(building, `${directory}/${name}`);
  await disk.syncDirectoryAsync(directory);
}

/**
 * The newest snapshot file that matches one of the log's records (see `readValidSnapshots`), owned
 * by the caller; undefined without one. Files that cannot be read are renamed to `.broken` on the way.
 */
export function loadNewestSnapshotFile(
  disk: Disk,
  directory: string,
  validSnapshots: readonly WalSnapshot[],
): RaftSnapshot | undefined {
  for (const name of snapshotFiles(disk, directory).reverse()) {
    const path = `${directory}/${name}`;
    const snapshot = decodeSnapshotFile(disk.readFile(path));
    if (snapshot === undefined) {
      disk.rename(path, `${path}.broken`);
      continue;
    }
    const { index, term } = snapshot.metadata ?? { index: 0, term: 0 };
    if (validSnapshots.some((valid) => valid.index === index && valid.term === term)) {
      return snapshot;
    }
  }
  return undefined;
}

/**
 * Removes the oldest snapshot files beyond `keep`, but none that is as new as `needed`, the newest
 * that the log has a record of: files that are newer may be of records that a crash has prevented.
 */
export async function purgeSnapshotFiles(
  disk: Disk,
  directory: string,
  keep: number,
  needed: Pick<WalSnapshot, "term" | "index">,
): Promise<void> {
  const names = snapshotFiles(disk, directory);
  const first = snapshotFileName(needed.term, needed.index);
  for (const name of names.slice(0, Math.max(0, names.length - keep))) {
    if (name < first) await disk.removeAsync(`${directory}/${name}`);
  }
}

/** All snapshot files, oldest first; undefined for one that is damaged. Changes nothing. */
export function readSnapshotFiles(
  disk: Disk,
  directory: string,
): { readonly name: string; readonly snapshot: RaftSnapshot | undefined }[] {
  return snapshotFiles(disk, directory).map((name) => ({
    name,
    snapshot: decodeSnapshotFile(disk.readFile(`${directory}/${name}`)),
  }));
}

/** Names of the snapshot files, oldest first. Names sort as terms and indexes do. */
function snapshotFiles(disk: Disk, directory: string): string[] {
  if (!disk.exists(directory)) return [];
  return disk
    .list(directory)
    .map((entry) => entry.name)
    .filter((name) => NAME.test(name))
    .sort();
}

/** Undefined when the bytes are not a snapshot file whose checksum is right. Views of `bytes`. */
export function decodeSnapshotFile(bytes: Uint8Array): RaftSnapshot | undefined {
  try {
    const { crc, data } = SnapshotFile.decode(bytes);
    if (data.length === 0 || crc32c(0, data) !== crc) return undefined;
    return RaftSnapshot.decode(data);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
