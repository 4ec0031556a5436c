import {
  type Disk,
  type DiskEntry,
  DiskError,
  type DiskFile,
  type OpenMode,
} from "@nodetcd/runtime";
import { DirectoryImage, type Image, type Successors } from "./directory-image.ts";
import { FaultFile, type FaultHost, type Faults } from "./fault-file.ts";
import { FileImage } from "./file-image.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Raised by every operation once the planned crash point is reached. */
export class CrashError extends Error {
  override readonly name = "CrashError";
}

/** What kind of power cut a disk is to be tested for. */
export interface FaultDiskOptions {
  /**
   * A power cut may take away names that no `syncDirectory` has saved: of the changes to a directory
   * since its last sync any number is left, always the first ones (journals keep their order), and
   * one directory knows nothing of another. Making a directory counts as an operation then. Default
   * false: names survive.
   */
  readonly losesNames?: boolean;
}

/**
 * A disk in memory that loses what a real one may lose at a power cut. Writes reach the current
 * content at once; until `sync` they are also kept apart, in order. `crash` decides for each
 * unsynced write whether it was saved whole, in part (sectors of 512 bytes, in any order) or not at
 * all, so that later writes may be on disk without earlier ones. For names (created, renamed,
 * removed) see `FaultDiskOptions.losesNames`.
 *
 * `operations` counts writes, truncations, syncs and changes of names; `crashAfter(n)` makes the
 * operation after the n-th raise `CrashError`, as does every one that follows, until `crash` gives
 * the disk as it is found after power returns.
 */
export class FaultDisk implements Disk, FaultHost {
  readonly faults: Faults = {};
  latency: () => Promise<void> = () => Promise.resolve();
  readonly #losesNames: boolean;
  #root = new DirectoryImage();
  #workingDirectory = new DirectoryImage();
  #locks = new Map<FileImage, { kind: "shared" | "exclusive"; holders: Set<object> }>();
  #operations = 0;
  #leftUntilCrash = Infinity;
  #isCounted: (path: string) => boolean = () => true;
  #crashed = false;
  #temporary = 0;

  constructor(options: FaultDiskOptions = {}) {
    this.#losesNames = options.losesNames ?? false;
  }

  get operations(): number {
    return this.#operations;
  }

  /** True once an operation was refused because the planned crash point was reached. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /**
   * Lets `count` more operations through, then crashes.
   *
   * @param isCounted operations on other paths neither count nor crash before that
   */
  crashAfter(count: number, isCounted: (path: string) => boolean = () => true): void {
    this.#leftUntilCrash = count;
    this.#isCounted = isCounted;
  }

  /**
   * The disk as found after the power cut: a new one, without open files and locks. The old one
   * raises `CrashError` for everything from now on.
   */
  crash(random: SeededRandom): FaultDisk {
    this.#end();
    const found: Successors = new Map();
    return this.#next((directory) => directory.afterCrash(random, this.#losesNames, found));
  }

  /**
   * The same disk after a process died but the machine lived: all writes are there, no locks. What
   * was not synced still is not.
   */
  restart(): FaultDisk {
    this.#end();
    return this.copy();
  }

  #end(): void {
    this.crashAfter(0);
  }

  /** Another disk with the same content and the same to lose, without open files and locks. */
  copy(): FaultDisk {
    const copies: Successors = new Map();
    return this.#next((directory) => directory.copy(copies));
  }

  #next(successor: (directory: DirectoryImage) => DirectoryImage): FaultDisk {
    const next = new FaultDisk({ losesNames: this.#losesNames });
    next.#root = successor(this.#root);
    next.#workingDirectory = successor(this.#workingDirectory);
    return next;
  }

  enter(path: string): void {
    if (this.#isCounted(path) && this.#leftUntilCrash-- <= 0) {
      this.#end();
      this.#crashed = true;
      throw new CrashError("The simulated machine has crashed");
    }
    this.#operations++;
  }

  usedBytes(): number {
    return bytesIn(this.#root) + bytesIn(this.#workingDirectory);
  }

  open(path: string, mode: OpenMode): DiskFile {
    const { directory, name } = this.#place(path, "open");
    let image = directory.names.get(name);
    if (image instanceof DirectoryImage) {
      throw new DiskError("IO_FAILED", path, `Cannot open ${path}: it is a directory`);
    }
    if (image === undefined && (mode === "read" || mode === "write")) throw notFound(path, "open");
    if (image !== undefined && mode === "create-new") {
      throw new DiskError("ALREADY_EXISTS", path, `Cannot open ${path}: it exists already`);
    }
    if (image === undefined) {
      this.enter(path);
      image = new FileImage();
      directory.change({ name, image });
    }
    return new FaultFile(this, path, image, mode === "read");
  }

  async openAsync(path: string, mode: OpenMode): Promise<DiskFile> {
    await this.latency();
    return this.open(path, mode);
  }

  exists(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  size(path: string): number {
    return this.#file(path, "measure").size;
  }

  list(directory: string): DiskEntry[] {
    const entries = Array.from(
      this.#directory(directory, "list").names,
      ([name, image]): DiskEntry =>
        image instanceof DirectoryImage
          ? { name, kind: "directory", size: 0 }
          : { name, kind: "file", size: image.size },
    );
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  makeDirectory(path: string): void {
    let directory = this.#top(path);
    for (const name of namesOf(path)) {
      let image = directory.names.get(name);
      if (image === undefined) {
        if (this.#losesNames) this.enter(path);
        image = new DirectoryImage();
        directory.change({ name, image });
      }
      if (!(image instanceof DirectoryImage)) throw notFound(path, "make");
      directory = image;
    }
  }

  rename(from: string, to: string): void {
    this.enter(from);
    const old = this.#place(from, "rename");
    const next = this.#place(to, "rename");
    const image = old.directory.names.get(old.name);
    if (image === undefined) throw notFound(from, "rename");
    const [taken, given] = [
      { name: old.name, image: undefined },
      { name: next.name, image },
    ];
    if (old.directory === next.directory) return old.directory.change(taken, given);
    next.directory.change(given);
    old.directory.change(taken);
  }

  async renameAsync(from: string, to: string): Promise<void> {
    await this.latency();
    this.rename(from, to);
  }

  remove(path: string): void {
    this.enter(path);
    this.#file(path, "remove");
    const { directory, name } = this.#place(path, "remove");
    directory.change({ name, image: undefined });
  }

  async removeAsync(path: string): Promise<void> {
    await this.latency();
    this.remove(path);
  }

  removeTree(path: string): void {
    this.enter(path);
    if (this.#find(path) === undefined) return;
    const { directory, name } = this.#place(path, "remove");
    directory.change({ name, image: undefined });
  }

  syncDirectory(path: string): void {
    this.enter(path);
    this.#directory(path, "sync").sync();
  }

  async syncDirectoryAsync(path: string): Promise<void> {
    await this.latency();
    this.syncDirectory(path);
  }

  readFile(path: string): Uint8Array {
    const image = this.#file(path, "read");
    return image.bytes.slice(0, image.size);
  }

  permissions(): number {
    return 0o700;
  }

  makeTemporaryDirectory(prefix: string): string {
    const path = `/tmp/${prefix}${this.#temporary++}`;
    this.makeDirectory(path);
    return path;
  }

  tryLock(image: FileImage, holder: object, kind: "shared" | "exclusive"): boolean {
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

  unlock(image: FileImage, holder: object): void {
    this.#locks.get(image)?.holders.delete(holder);
  }

  #top(path: string): DirectoryImage {
    return path.startsWith("/") ? this.#root : this.#workingDirectory;
  }

  #find(path: string): Image | undefined {
    let image: Image | undefined = this.#top(path);
    for (const name of namesOf(path)) {
      if (!(image instanceof DirectoryImage)) return undefined;
      image = image.names.get(name);
    }
    return image;
  }

  #directory(path: string, action: string): DirectoryImage {
    const image = this.#find(path);
    if (!(image instanceof DirectoryImage)) throw notFound(path, action);
    return image;
  }

  #file(path: string, action: string): FileImage {
    const image = this.#find(path);
    if (!(image instanceof FileImage)) throw notFound(path, action);
    return image;
  }

  /** The directory that holds this name, whether or not the name is there. */
  #place(path: string, action: string): { directory: DirectoryImage; name: string } {
    const names = namesOf(path);
    const name = names.pop();
    let directory: Image | undefined = this.#top(path);
    for (const parent of names) {
      directory = directory instanceof DirectoryImage ? directory.names.get(parent) : undefined;
    }
    if (name === undefined || !(directory instanceof DirectoryImage)) throw notFound(path, action);
    return { directory, name };
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function bytesIn(directory: DirectoryImage): number {
  let bytes = 0;
  for (const image of directory.names.values()) {
    bytes += image instanceof DirectoryImage ? bytesIn(image) : image.size;
  }
  return bytes;
}

function notFound(path: string, action: string): DiskError {
  return new DiskError("NOT_FOUND", path, `Cannot ${action} ${path}: no such file or directory`);
}
