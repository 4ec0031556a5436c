import * as fs from "node:fs";
import { promisify } from "node:util";
import type { DiskFile } from "../disk.ts";
import { diskError } from "./disk-error.ts";
import type { Claim, LockKind } from "./claims.ts";
import { lockDescriptor, lockDescriptorAsync, refuseLaterLock } from "./lock.ts";
import { retry, retryAsync } from "./retry.ts";

const readFromDisk = promisify(fs.read);
const writeToDisk = promisify(fs.write);
const writeChunks = promisify(fs.writev);
const syncToDisk = promisify(fs.fdatasync);
const truncateOnDisk = promisify(fs.ftruncate);

/** Most chunks that one writev(2) takes on Linux. */
const CHUNKS_MAX = 1024;
/** Node moves less than 2^31 bytes in a call, and the system less than that: the rest goes with the next. */
const TRANSFER_BYTES_MAX: number = 2 ** 30;
const ZEROS = Buffer.alloc(1024 * 1024);

export class NodeFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;
  /** Where each write is synced before it returns (O_DSYNC); undefined until there was one. */
  #syncedDescriptor: number | undefined;

  /** The lock, where it is not the descriptor's. */
  #claim: Claim | undefined;
  #locked: LockKind | undefined;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  #attempt<T>(action: string, work: () => T): T {
    try {
      return retry(work);
    } catch (error) {
      throw diskError(error, this.path, action);
    }
  }

  async #attemptAsync<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await retryAsync(work);
    } catch (error) {
      throw diskError(error, this.path, action);
    }
  }

  read(into: Uint8Array, position: number): number {
    return this.#attempt("read", () => {
      let done = 0;
      while (done < into.length) {
        const count = fs.readSync(
          this.#descriptor,
          into,
          done,
          Math.min(into.length - done, TRANSFER_BYTES_MAX),
          position + done,
        );
        if (count === 0) break;
        done += count;
      }
      return done;
    });
  }

  async readAsync(into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await this.#attemptAsync("read", () =>
        readFromDisk(
          this.#descriptor,
          into,
          done,
          Math.min(into.length - done, TRANSFER_BYTES_MAX),
          position + done,
        ),
      );
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  write(from: Uint8Array, position: number): void {
    this.#attempt("write", () => {
      for (let done = 0; done < from.length;) {
        const length = Math.min(from.length - done, TRANSFER_BYTES_MAX);
        done += fs.writeSync(this.#descriptor, from, done, length, position + done);
      }
    });
  }

  writeAsync(chunks: readonly Uint8Array[], position: number): Promise<void> {
    return this.#writeTo(this.#descriptor, chunks, position);
  }

  async writeSynced(chunks: readonly Uint8Array[], position: number): Promise<void> {
    this.#syncedDescriptor ??= openSynced(this.#descriptor);
    await this.#writeTo(this.#syncedDescriptor, chunks, position);
    if (this.#syncedDescriptor === this.#descriptor) await this.syncAsync();
  }

  async #writeTo(
    descriptor: number,
    chunks: readonly Uint8Array[],
    position: number,
  ): Promise<void> {
    let offset = position;
    for (let first = 0; first < chunks.length; first += CHUNKS_MAX) {
      const some = chunks.slice(first, first + CHUNKS_MAX);
      const { bytesWritten } = await this.#attemptAsync("write", () =>
        writeChunks(descriptor, some, offset),
      );
      await this.#finishWrite(descriptor, some, bytesWritten, offset);
      for (const chunk of some) offset += chunk.length;
    }
  }

  /** Writes what a short writev left over, one chunk at a time. */
  async #finishWrite(
    descriptor: number,
    chunks: readonly Uint8Array[],
    written: number,
    start: number,
  ): Promise<void> {
    let end = 0;
    for (const chunk of chunks) {
      const chunkStart = end;
      end += chunk.length;
      for (let done = Math.max(0, written - chunkStart); done < chunk.length;) {
        const position = start + chunkStart + done;
        const length = Math.min(chunk.length - done, TRANSFER_BYTES_MAX);
        const { bytesWritten } = await this.#attemptAsync("write", () =>
          writeToDisk(descriptor, chunk, done, length, position),
        );
        done += bytesWritten;
      }
    }
  }

  sync(): void {
    this.#attempt("sync", () => fs.fdatasyncSync(this.#descriptor));
  }

  syncAsync(): Promise<void> {
    return this.#attemptAsync("sync", () => syncToDisk(this.#descriptor));
  }

  truncate(size: number): void {
    this.#attempt("truncate", () => fs.ftruncateSync(this.#descriptor, size));
  }

  truncateAsync(size: number): Promise<void> {
    return this.#attemptAsync("truncate", () => truncateOnDisk(this.#descriptor, size));
  }

  async allocate(size: number): Promise<void> {
    for (let position = this.size(); position < size;) {
      const count = Math.min(ZEROS.length, size - position);
      await this.writeAsync([ZEROS.subarray(0, count)], position);
      position += count;
    }
  }

  size(): number {
    return this.#attempt("measure", () => fs.fstatSync(this.#descriptor).size);
  }

  lock(kind: LockKind, timeoutMs: number): void {
    if (this.#locked === kind) return refuseLaterLock(this.path, this.#descriptor, kind);
    this.#claim ??= lockDescriptor(this.path, this.#descriptor, kind, timeoutMs);
    this.#locked = kind;
  }

  async lockAsync(kind: LockKind): Promise<void> {
    if (this.#locked === kind) return refuseLaterLock(this.path, this.#descriptor, kind);
    this.#claim ??= await lockDescriptorAsync(this.path, this.#descriptor, kind);
    this.#locked = kind;
  }

  close(): void {
    const synced = this.#syncedDescriptor;
    this.#syncedDescriptor = undefined;
    this.#claim?.release();
    // Never repeated: after EINTR the descriptor is closed, and may be another file's.
    try {
      if (synced !== undefined && synced !== this.#descriptor) fs.closeSync(synced);
      fs.closeSync(this.#descriptor);
    } catch (error) {
      throw diskError(error, this.path, "close");
    }
  }
}

/** The same file, whatever its name is by now, opened again for synced writes; where that cannot be, `descriptor`. */
function openSynced(descriptor: number): number {
  const flags = fs.constants.O_RDWR | (fs.constants.O_DSYNC ?? 0);
  if (flags === fs.constants.O_RDWR || process.platform !== "linux") return descriptor;
  try {
    return retry(() => fs.openSync(`/proc/self/fd/${descriptor}`, flags));
  } catch {
    return descriptor;
  }
}
