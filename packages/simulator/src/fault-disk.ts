import {
  type Disk,
  type DiskEntry,
  DiskError,
  type DiskFile,
  type OpenMode,
} from "@nodetcd/runtime";
import { FaultFile } from "./fault-file.ts";
import { FileImage } from "./file-image.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What `FaultDisk` was told to let go wrong; all off by default. */
export interface Faults {
  /** Fail with `NO_SPACE` once files together would exceed this many bytes. */
  capacityBytes?: number;
  /** Fail the n-th sync from now (1 is the next); what it should have saved stays unsynced. */
  failSyncAfter?: number;
  /** Fail the n-th write from now (1 is the next), after writing a random part of it. */
  failWriteAfter?: number;
}

/** Raised by every operation once the planned crash point is reached. */
export class CrashError extends Error {
  override readonly name = "CrashError";
}

/**
 * A disk in memory that loses what a real one may lose at a power cut. Writes reach the current
 * content at once; until `sync` they are also kept apart, in order. `crash` decides for each
 * unsynced write whether it was saved whole, in part (sectors of 512 bytes, in any order) or not at
 * all, so that later writes may be on disk without earlier ones. Names (created, renamed, removed)
 * survive without a directory sync: journalling file systems keep them in order, and what is
 * tested here is the content.
 *
 * `operations` counts writes, truncations and syncs; `crashAfter(n)` makes the operation after the
 * n-th raise `CrashError`, as does every one that follows, until `crash` gives the disk as
 * it is found after power returns.
 */
export class FaultDisk implements Disk {
  readonly faults: Faults = {};
  #files = new Map<string, FileImage>();
  #directories = new Set<string>(["/", "."]);
  #locks = new Map<FileImage, { kind: "shared" | "exclusive"; holders: Set<FaultFile> }>();
  #operations = 0;
  #crashAt = Infinity;
  #temporary = 0;

  get operations(): number {
    return this.#operations;
  }

  /** Lets `count` more operations through, then crashes. */
  crashAfter(count: number): void {
    this.#crashAt = this.#operations + count;
  }

  /**
   * The disk as found after the power cut: a new one, without open files and locks. The old one
   * raises `CrashError` for everything from now on.
   */
  crash(random: SeededRandom): FaultDisk {
    this.#crashAt = -1;
    const next = new FaultDisk();
    for (const [path, image] of this.#files) next.#files.set(path, image.afterCrash(random));
    next.#directories = new Set(this.#directories);
    return next;
  }

  /**
   * The same disk after a process died but the machine lived: all writes are there, no locks. What
   * was not synced still is not.
   */
  restart(): FaultDisk {
    this.#crashAt = -1;
    const next = new FaultDisk();
    for (const [path, image] of this.#files) next.#files.set(path, image.copy());
    next.#directories = new Set(this.#directories);
    return next;
  }

  /** Called by files before each write, truncation and sync. */
  enter(): void {
    if (this.#operations >= this.#crashAt)
      throw new CrashError("The simulated machine has crashed");
    this.#operations++;
  }

  /** Bytes that all files together hold. */
  usedBytes(): number {
    let used = 0;
    for (const image of this.#files.values()) used += image.size;
    return used;
  }

  open(path: string, mode: OpenMode): DiskFile {
    let image = this.#files.get(path);
    if (image === undefined && (mode === "read" || mode === "write")) throw notFound(path, "open");
    if (image !== undefined && mode === "create-new") {
      throw new DiskError("ALREADY_EXISTS", path, `Cannot open ${path}: it exists already`);
    }
    if (image === undefined) {
      if (!this.#directories.has(parent(path))) throw notFound(path, "open");
      this.enter();
      image = new FileImage();
      this.#files.set(path, image);
    }
    return new FaultFile(this, path, image, mode === "read");
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path);
  }

  size(path: string): number {
    return this.#image(path, "measure").size;
  }

  list(directory: string): DiskEntry[] {
    if (!this.#directories.has(directory)) throw notFound(directory, "list");
    const entries: DiskEntry[] = [];
    for (const [path, image] of this.#files) {
      if (parent(path) === directory) {
        entries.push({ name: baseName(path), kind: "file", size: image.size });
      }
    }
    for (const path of this.#directories) {
      if (path !== directory && parent(path) === directory) {
        entries.push({ name: baseName(path), kind: "directory", size: 0 });
      }
    }
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  makeDirectory(path: string): void {
    for (let at = path; !this.#directories.has(at); at = parent(at)) this.#directories.add(at);
  }

  rename(from: string, to: string): void {
    this.enter();
    if (this.#directories.has(from)) {
      this.#renameTree(from, to);
      return;
    }
    const image = this.#image(from, "rename");
    this.#files.delete(from);
    this.#files.set(to, image);
  }

  #renameTree(from: string, to: string): void {
    const moved = (path: string): string =>
      path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
    this.#files = new Map(Array.from(this.#files, ([path, image]) => [moved(path), image]));
    this.#directories = new Set(Array.from(this.#directories, moved));
  }

  remove(path: string): void {
    this.enter();
    this.#image(path, "remove");
    this.#files.delete(path);
  }

  async removeAsync(path: string): Promise<void> {
    await Promise.resolve();
    this.remove(path);
  }

  removeTree(path: string): void {
    this.enter();
    for (const name of this.#files.keys()) {
      if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name);
    }
    for (const name of this.#directories) {
      if (name === path || name.startsWith(`${path}/`)) this.#directories.delete(name);
    }
  }

  syncDirectory(path: string): void {
    this.enter();
    if (!this.#directories.has(path)) throw notFound(path, "sync");
  }

  async syncDirectoryAsync(path: string): Promise<void> {
    await Promise.resolve();
    this.syncDirectory(path);
  }

  readFile(path: string): Uint8Array {
    const image = this.#image(path, "read");
    return image.bytes.slice(0, image.size);
  }

  makeTemporaryDirectory(prefix: string): string {
    const path = `/tmp/${prefix}${this.#temporary++}`;
    this.makeDirectory(path);
    return path;
  }

  /** For `FaultFile.lock`: false when another open file holds the lock. */
  tryLock(image: FileImage, holder: FaultFile, kind: "shared" | "exclusive"): boolean {
    const lock = this.#locks.get(image);
    if (lock === undefined || lock.holders.size === 0) {
      this.#locks.set(image, { kind, holders: new Set([holder]) });
      return true;
    }
    if (lock.holders.has(holder)) return true;
    if (lock.kind === "exclusive" || kind === "exclusive") return false;
    lock.holders.add(holder);
    return true;
  }

  unlock(image: FileImage, holder: FaultFile): void {
    this.#locks.get(image)?.holders.delete(holder);
  }

  #image(path: string, action: string): FileImage {
    const image = this.#files.get(path);
    if (image === undefined) throw notFound(path, action);
    return image;
  }
}

function notFound(path: string, action: string): DiskError {
  return new DiskError("NOT_FOUND", path, `Cannot ${action} ${path}: no such file or directory`);
}

function parent(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
