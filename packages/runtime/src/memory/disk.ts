import type { Clock } from "../clock.ts";
import {
  type Disk,
  type DiskEntry,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type OpenMode,
} from "../disk.ts";
import { Content } from "./content.ts";
import { MemoryFile } from "./file.ts";

/** What a path stands for: a file, or a directory, whose entries are the paths that begin with it. */
type Node = Content | "directory";

/**
 * A disk that is none: files live as long as this object, in this process alone, and nothing is ever written.
 * Asynchronous operations take effect at once and end in a later turn of the loop, as those of a disk do; `latency` can
 * make them slower.
 */
export class MemoryDisk implements Disk {
  /** How long an asynchronous operation takes. Default: until the next turn of the loop. */
  latency: () => Promise<void>;
  readonly #nodes = new Map<string, Node>([["/", "directory"]]);
  #temporary = 0;

  constructor(clock: Pick<Clock, "yield">) {
    this.latency = () => clock.yield();
  }

  open(path: string, mode: OpenMode): DiskFile {
    const place = absolute(path);
    let node = this.#nodes.get(place);
    if (node !== undefined && mode === "create-new") {
      throw failure("ALREADY_EXISTS", path, "open", "it exists already");
    }
    if (node === "directory") throw failure("WRONG_KIND", path, "open", "it is a directory");
    if (node === undefined) {
      if (mode === "read" || mode === "write") throw this.#missing(path, "open");
      this.#expectDirectory(parentOf(place), path, "open");
      this.#nodes.set(place, (node = new Content()));
    }
    return new MemoryFile(path, node, mode === "read", () => this.latency());
  }

  async openAsync(path: string, mode: OpenMode): Promise<DiskFile> {
    const file = this.open(path, mode);
    await this.latency();
    return file;
  }

  exists(path: string): boolean {
    return this.#nodes.has(absolute(path));
  }

  size(path: string): number {
    return this.#file(path, "measure").size;
  }

  permissions(path: string): number {
    if (!this.exists(path)) throw this.#missing(path, "look at the permissions of");
    return 0o700;
  }

  list(directory: string): DiskEntry[] {
    const place = absolute(directory);
    this.#expectDirectory(place, directory, "list");
    const entries: DiskEntry[] = [];
    for (const [path, node] of this.#nodes) {
      if (path === "/" || parentOf(path) !== place) continue;
      const name = path.slice(path.lastIndexOf("/") + 1);
      if (node === "directory") entries.push({ name, kind: "directory", size: 0 });
      else entries.push({ name, kind: "file", size: node.size });
    }
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  makeDirectory(path: string): void {
    const place = absolute(path);
    const node = this.#nodes.get(place);
    if (node === "directory") return;
    if (node !== undefined) {
      throw failure("ALREADY_EXISTS", path, "make the directory", "it is a file");
    }
    const parent = parentOf(place);
    if (this.#nodes.has(parent)) this.#expectDirectory(parent, path, "make the directory");
    else this.makeDirectory(parent);
    this.#nodes.set(place, "directory");
  }

  /** A directory takes along what is in it. */
  rename(from: string, to: string): void {
    const [old, next] = [absolute(from), absolute(to)];
    const node = this.#nodes.get(old);
    this.#expectDirectory(parentOf(old), from, "rename");
    this.#expectDirectory(parentOf(next), to, "rename");
    if (node === undefined) throw this.#missing(from, "rename");
    if (old === next) return;
    this.#refuseOnto(node, next, from);
    if (next.startsWith(`${old}/`)) throw failure("IO_FAILED", from, "rename", "into itself");
    for (const path of this.#below(old)) {
      const moved = this.#nodes.get(path)!;
      this.#nodes.delete(path);
      this.#nodes.set(next + path.slice(old.length), moved);
    }
  }

  /** A name that is taken is given to another of the same kind only, and a directory must be empty. */
  #refuseOnto(node: Node, next: string, from: string): void {
    const taken = this.#nodes.get(next);
    if (taken === undefined) return;
    if ((taken === "directory") !== (node === "directory")) {
      throw failure("WRONG_KIND", from, "rename", `${next} is of another kind`);
    }
    if (taken === "directory" && this.list(next).length > 0) {
      throw failure("NOT_EMPTY", from, "rename", `${next} is not empty`);
    }
  }

  async renameAsync(from: string, to: string): Promise<void> {
    this.rename(from, to);
    await this.latency();
  }

  remove(path: string): void {
    this.#file(path, "remove");
    this.#nodes.delete(absolute(path));
  }

  async removeAsync(path: string): Promise<void> {
    this.remove(path);
    await this.latency();
  }

  removeTree(path: string): void {
    for (const each of this.#below(absolute(path))) this.#nodes.delete(each);
  }

  syncDirectory(path: string): void {
    this.#expectDirectory(absolute(path), path, "sync");
  }

  async syncDirectoryAsync(path: string): Promise<void> {
    this.syncDirectory(path);
    await this.latency();
  }

  readFile(path: string): Uint8Array {
    const content = this.#file(path, "read");
    const bytes = new Uint8Array(content.size);
    content.read(bytes, 0);
    return bytes;
  }

  makeTemporaryDirectory(prefix: string): string {
    const path = `/tmp/${prefix}${this.#temporary++}`;
    this.makeDirectory(path);
    return path;
  }

  /** A path and all below it. */
  #below(place: string): string[] {
    const inside = `${place}/`;
    return [...this.#nodes.keys()].filter((path) => path === place || path.startsWith(inside));
  }

  #file(path: string, action: string): Content {
    const node = this.#nodes.get(absolute(path));
    if (node === undefined) throw this.#missing(path, action);
    if (node === "directory") throw failure("WRONG_KIND", path, action, "it is a directory");
    return node;
  }

  /** Nothing is there, perhaps since a file is where a directory is needed. */
  #missing(path: string, action: string): DiskError {
    let place = absolute(path);
    while (!this.#nodes.has(place)) place = parentOf(place);
    return this.#nodes.get(place) === "directory"
      ? failure("NOT_FOUND", path, action, "there is no such file or directory")
      : failure("WRONG_KIND", path, action, `${place} is a file`);
  }

  #expectDirectory(place: string, path: string, action: string): void {
    const node = this.#nodes.get(place);
    if (node === undefined) throw this.#missing(path, action);
    if (node !== "directory") throw failure("WRONG_KIND", path, action, "a file is in the way");
  }
}

/** The one name of a place: from the root, without `.` and doubled slashes. Relative paths begin at the root. */
function absolute(path: string): string {
  return `/${path
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .join("/")}`;
}

function parentOf(place: string): string {
  return place.slice(0, Math.max(1, place.lastIndexOf("/")));
}

function failure(code: DiskErrorCode, path: string, action: string, reason: string): DiskError {
  return new DiskError(code, path, `Cannot ${action} ${path}: ${reason}`);
}
