import type { Disk, DiskFile } from "@nodetcd/runtime";

/** The same disk, but for some methods. */
export function wrapDisk(disk: Disk, changed: Partial<Disk>): Disk {
  return {
    open: (path, mode, permissions) => disk.open(path, mode, permissions),
    openAsync: (path, mode, permissions) => disk.openAsync(path, mode, permissions),
    exists: (path) => disk.exists(path),
    size: (path) => disk.size(path),
    permissions: (path) => disk.permissions(path),
    list: (directory) => disk.list(directory),
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (from, to) => disk.rename(from, to),
    renameAsync: (from, to) => disk.renameAsync(from, to),
    remove: (path) => disk.remove(path),
    removeAsync: (path) => disk.removeAsync(path),
    removeTree: (path) => disk.removeTree(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    syncDirectoryAsync: (path) => disk.syncDirectoryAsync(path),
    readFile: (path) => disk.readFile(path),
    makeTemporaryDirectory: (prefix) => disk.makeTemporaryDirectory(prefix),
    ...changed,
  };
}

/** The same disk, but for some methods of the files whose path ends like this. */
export function wrapFiles(
  disk: Disk,
  suffix: string,
  change: (file: DiskFile) => Partial<DiskFile>,
): Disk {
  const wrapped = (file: DiskFile): DiskFile =>
    file.path.endsWith(suffix) ? wrapFile(file, change(file)) : file;
  return wrapDisk(disk, {
    open: (path, mode, permissions) => wrapped(disk.open(path, mode, permissions)),
    openAsync: async (path, mode, permissions) =>
      wrapped(await disk.openAsync(path, mode, permissions)),
  });
}

function wrapFile(file: DiskFile, changed: Partial<DiskFile>): DiskFile {
  return {
    path: file.path,
    read: (into, position) => file.read(into, position),
    readAsync: (into, position) => file.readAsync(into, position),
    write: (from, position) => file.write(from, position),
    writeAsync: (chunks, position) => file.writeAsync(chunks, position),
    writeSynced: (chunks, position) => file.writeSynced(chunks, position),
    sync: () => file.sync(),
    syncAsync: () => file.syncAsync(),
    truncate: (size) => file.truncate(size),
    truncateAsync: (size) => file.truncateAsync(size),
    allocate: (size) => file.allocate(size),
    size: () => file.size(),
    lock: (kind, timeoutMs) => file.lock(kind, timeoutMs),
    lockAsync: (kind) => file.lockAsync(kind),
    close: () => file.close(),
    ...changed,
  };
}
