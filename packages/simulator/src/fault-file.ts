import { DiskError, type DiskFile } from "@nodetcd/runtime";
import type { FileImage } from "./file-image.ts";
import { SECTOR_BYTES } from "./sector.ts";

/** What `FaultDisk` was told to let go wrong; all off by default. */
export interface Faults {
  /** Fail with `NO_SPACE` once files together would exceed this many bytes. */
  capacityBytes?: number;
  /** Fail the n-th sync from now (1 is the next); what it should have saved is shown, and never saved. */
  failSyncAfter?: number;
  /** Fail the n-th write from now (1 is the next), after writing the sectors of its first half. */
  failWriteAfter?: number;
}

/** What open files need of their disk. */
export interface FaultHost {
  readonly faults: Faults;
  /** How long an asynchronous operation takes before it has its effect. Default: a microtask. */
  readonly latency: () => Promise<void>;
  /** Called before each write, truncation and sync. */
  enter(path: string): void;
  /** Bytes that all files together hold. */
  usedBytes(): number;
  /** False when another open file holds the lock. */
  tryLock(image: FileImage, holder: object, kind: "shared" | "exclusive"): boolean;
  unlock(image: FileImage, holder: object): void;
}

/** An open file of a `FaultDisk`. Asynchronous operations take effect after the disk's `latency`. */
export class FaultFile implements DiskFile {
  readonly path: string;
  readonly #disk: FaultHost;
  readonly #image: FileImage;
  readonly #readOnly: boolean;
  #closed = false;

  constructor(disk: FaultHost, path: string, image: FileImage, readOnly: boolean) {
    this.#disk = disk;
    this.path = path;
    this.#image = image;
    this.#readOnly = readOnly;
  }

  #enter(changes: boolean): void {
    if (this.#closed) throw new DiskError("IO_FAILED", this.path, `${this.path} is closed`);
    if (changes && this.#readOnly) {
      throw new DiskError("NO_PERMISSION", this.path, `${this.path} is open for reading only`);
    }
    if (changes) this.#disk.enter(this.path);
  }

  read(into: Uint8Array, position: number): number {
    this.#enter(false);
    const end = Math.min(this.#image.size, position + into.length);
    if (end <= position) return 0;
    into.set(this.#image.bytes.subarray(position, end));
    return end - position;
  }

  async readAsync(into: Uint8Array, position: number): Promise<number> {
    await this.#disk.latency();
    return this.read(into, position);
  }

  write(from: Uint8Array, position: number): void {
    this.#enter(true);
    const { faults } = this.#disk;
    const growth = Math.max(0, position + from.length - this.#image.size);
    if (faults.capacityBytes !== undefined) {
      if (this.#disk.usedBytes() + growth > faults.capacityBytes) {
        throw new DiskError("NO_SPACE", this.path, `Cannot write ${this.path}: no space left`);
      }
    }
    if (faults.failWriteAfter !== undefined && --faults.failWriteAfter === 0) {
      delete faults.failWriteAfter;
      const half = position + (from.length >> 1);
      const written = Math.max(0, half - (half % SECTOR_BYTES) - position);
      this.#image.write(from.subarray(0, written), position);
      throw new DiskError("IO_FAILED", this.path, `Cannot write ${this.path}: simulated failure`);
    }
    this.#image.write(from, position);
  }

  async writeAsync(chunks: readonly Uint8Array[], position: number): Promise<void> {
    let offset = position;
    for (const chunk of chunks) {
      await this.#disk.latency();
      this.write(chunk, offset);
      offset += chunk.length;
    }
  }

  async writeSynced(chunks: readonly Uint8Array[], position: number): Promise<void> {
    await this.writeAsync(chunks, position);
    this.#enterSync();
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#image.syncRange(position, position + size);
  }

  sync(): void {
    this.#enterSync();
    this.#image.sync();
  }

  #enterSync(): void {
    this.#enter(true);
    const { faults } = this.#disk;
    if (faults.failSyncAfter !== undefined && --faults.failSyncAfter === 0) {
      delete faults.failSyncAfter;
      this.#image.loseUnsynced();
      throw new DiskError("IO_FAILED", this.path, `Cannot sync ${this.path}: simulated failure`);
    }
  }

  async syncAsync(): Promise<void> {
    await this.#disk.latency();
    this.sync();
  }

  truncate(size: number): void {
    this.#enter(true);
    this.#image.truncate(size);
  }

  async truncateAsync(size: number): Promise<void> {
    await this.#disk.latency();
    this.truncate(size);
  }

  async allocate(size: number): Promise<void> {
    await this.#disk.latency();
    if (size > this.#image.size) this.truncate(size);
  }

  size(): number {
    this.#enter(false);
    return this.#image.size;
  }

  lock(kind: "shared" | "exclusive", _timeoutMs: number): void {
    if (!this.#disk.tryLock(this.#image, this, kind)) {
      throw new DiskError("LOCKED", this.path, `Cannot lock ${this.path}: it is open elsewhere`);
    }
  }

  async lockAsync(kind: "shared" | "exclusive"): Promise<void> {
    this.lock(kind, 0);
  }

  close(): void {
    this.#closed = true;
    this.#disk.unlock(this.#image, this);
  }
}
