/** Why a disk operation failed, in words that do not depend on the platform. */
export type DiskErrorCode =
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "NO_SPACE"
  | "NO_PERMISSION"
  | "LOCKED"
  | "NOT_EMPTY"
  /** A file where a directory is needed, or the other way round. */
  | "WRONG_KIND"
  | "IO_FAILED";

/** Every failure of a `Disk` or `DiskFile`; the message names the path and what was tried. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  readonly code: DiskErrorCode;
  readonly path: string;

  constructor(code: DiskErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

/**
 * `read`: must exist. `write`: must exist, read and write. `create`: read and write, made when
 * missing. `create-new`: read and write, must not exist yet.
 */
export type OpenMode = "read" | "write" | "create" | "create-new";

/**
 * An open file, addressed by position. Buffers given to a pending asynchronous write are borrowed:
 * they must not change until it settles. What was written survives a crash only after `sync`.
 */
export interface DiskFile {
  readonly path: string;
  /** Reads up to `into.length` bytes at `position`; returns how many there were (less at the end). */
  read(into: Uint8Array, position: number): number;
  readAsync(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `from` at `position`, extending the file where needed. */
  write(from: Uint8Array, position: number): void;
  /** Writes the chunks one after the other, beginning at `position`. */
  writeAsync(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /**
   * As `writeAsync`, and what it writes is durable then: in one trip to the disk where the system
   * can (O_DSYNC). Says nothing of other writes: what they left unsynced stays so.
   */
  writeSynced(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /** fdatasync: data, and the metadata needed to read it back (such as the size). */
  sync(): void;
  syncAsync(): Promise<void>;
  /** Sets the size; new space reads as zeros. */
  truncate(size: number): void;
  truncateAsync(size: number): Promise<void>;
  /**
   * Extends the file to `size` with space that is allocated, not sparse, and reads as zeros, so
   * that later writes inside it cannot fail for lack of space. Contents up to the old size stay.
   */
  allocate(size: number): Promise<void>;
  size(): number;
  /**
   * Takes an advisory flock(2) lock that is held until `close`. Waits up to `timeoutMs` (0: does
   * not wait). Fails with `LOCKED` when another open file description holds it, or (Linux) a lock of fcntl(2);
   * of a file that is locked already it looks for the latter only.
   */
  lock(kind: "shared" | "exclusive", timeoutMs: number): void;
  /** As `lock` without waiting for the lock, off the event loop. The file must not be closed meanwhile. */
  lockAsync(kind: "shared" | "exclusive"): Promise<void>;
  close(): void;
}

export interface DiskEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "other";
  readonly size: number;
}

/** Files and directories. Paths use `/`. All methods raise `DiskError`. */
export interface Disk {
  /** Permission bits of new files default to 0o600. */
  open(path: string, mode: OpenMode, permissions?: number): DiskFile;
  /** As `open`, off the event loop: making a file waits for a disk that stands still. */
  openAsync(path: string, mode: OpenMode, permissions?: number): Promise<DiskFile>;
  exists(path: string): boolean;
  size(path: string): number;
  /** Permission bits of a file or directory, such as 0o700. */
  permissions(path: string): number;
  /** Entries of a directory, sorted by name. */
  list(directory: string): DiskEntry[];
  /** Makes the directory and its missing parents, with permissions 0700. */
  makeDirectory(path: string): void;
  rename(from: string, to: string): void;
  renameAsync(from: string, to: string): Promise<void>;
  /** Removes a file. `NOT_FOUND` when there is none. */
  remove(path: string): void;
  /** As `remove`, off the event loop: giving 64 MB free takes tens of milliseconds. */
  removeAsync(path: string): Promise<void>;
  /** Removes a directory and all in it; nothing happens when there is none. */
  removeTree(path: string): void;
  /** Makes created, renamed and removed names of this directory survive a crash. */
  syncDirectory(path: string): void;
  syncDirectoryAsync(path: string): Promise<void>;
  /** What locks on this disk cannot see, as a sentence; undefined: they keep out everybody who locks. Known after the first lock. */
  readonly lockLimits?: () => string | undefined;
  /** Bytes that the file system of this file or folder has left for this user, off the event loop; missing where nobody knows. */
  freeBytes?(path: string): Promise<number>;
  /** Whole content, owned by the caller. */
  readFile(path: string): Uint8Array;
  /** Makes a directory with a name that no other has, below the system's temporary folder. */
  makeTemporaryDirectory(prefix: string): string;
}
