import type { Disk, DiskFile } from "@nodetcd/runtime";
import { WalError } from "./errors.ts";
import { PREPARE_BYTES } from "./limits.ts";

/** Removes what a process that died left of segments it was preparing or removing. */
export async function removeUnfinishedSegments(disk: Disk, directory: string): Promise<void> {
  for (const entry of disk.list(directory)) {
    if (entry.name.endsWith(".tmp") && entry.kind === "file") {
      await disk.removeAsync(`${directory}/${entry.name}`);
    }
  }
}

/**
 * Keeps the next segment ready as `0.tmp` or `1.tmp`: allocated, synced and locked in the background, so
 * that a cut only has to write the head of it. The names alternate because the one taken last may not be
 * renamed yet.
 */
export class NextSegment {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #bytes: number;
  #count = 0;
  #prepared: Promise<DiskFile | undefined> | undefined;
  #closed = false;

  constructor(disk: Disk, directory: string, bytes: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#bytes = bytes;
  }

  /** Begins to prepare one unless that was begun. A failure is kept back: `take` tries again. */
  prepare(): void {
    this.#prepared ??= this.#make().catch(() => undefined);
  }

  /** The prepared file, zeros throughout, locked; the caller renames and closes it. */
  async take(): Promise<DiskFile> {
    this.#refuseWhenClosed();
    const prepared = await this.#prepared;
    this.#prepared = undefined;
    return prepared ?? (await this.#make());
  }

  /**
   * Gives up what was prepared, or is being prepared: a `take` that waits for it then rejects with `CLOSED`,
   * as does a later one.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const prepared = await this.#prepared;
    if (prepared === undefined || this.#prepared === undefined) return;
    this.#prepared = undefined;
    prepared.close();
    await this.#disk.removeAsync(prepared.path);
  }

  async #make(): Promise<DiskFile> {
    const path = `${this.#directory}/${this.#count++ % 2}.tmp`;
    if (this.#disk.exists(path)) await this.#disk.removeAsync(path);
    const file = await this.#disk.openAsync(path, "create-new");
    try {
      for (let end = 0; end < this.#bytes;) {
        this.#refuseWhenClosed();
        end = Math.min(end + PREPARE_BYTES, this.#bytes);
        await file.allocate(end);
      }
      this.#refuseWhenClosed();
      await file.syncAsync();
      // Before it has the name of a segment: at no time is the last segment there and not locked.
      await file.lockAsync("exclusive");
      return file;
    } catch (error) {
      file.close();
      await this.#disk.removeAsync(path);
      throw error;
    }
  }

  #refuseWhenClosed(): void {
    if (!this.#closed) return;
    throw new WalError("CLOSED", `The write-ahead log ${this.#directory} is closed`);
  }
}
