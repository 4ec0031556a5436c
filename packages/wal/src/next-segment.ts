import type { Disk, DiskFile } from "@nodetcd/runtime";

/** Removes what a process that died left of segments it was preparing. */
export function removeUnfinishedSegments(disk: Disk, directory: string): void {
  for (const entry of disk.list(directory)) {
    if (entry.name.endsWith(".tmp") && entry.kind === "file") {
      disk.remove(`${directory}/${entry.name}`);
    }
  }
}

/**
 * Keeps the next segment ready as `0.tmp` or `1.tmp`: allocated and synced in the background, so
 * that a cut only has to write the head of it. The names alternate because the one taken last may not be
 * renamed yet.
 */
export class NextSegment {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #bytes: number;
  #count = 0;
  #prepared: Promise<DiskFile | undefined> | undefined;

  constructor(disk: Disk, directory: string, bytes: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#bytes = bytes;
  }

  /** Begins to prepare one unless that was begun. A failure is kept back: `take` tries again. */
  prepare(): void {
    this.#prepared ??= this.#make().catch(() => undefined);
  }

  /** The prepared file, zeros throughout; the caller renames and closes it. */
  async take(): Promise<DiskFile> {
    const prepared = await this.#prepared;
    this.#prepared = undefined;
    return prepared ?? (await this.#make());
  }

  /** Gives up what was prepared. */
  async close(): Promise<void> {
    const prepared = await this.#prepared;
    this.#prepared = undefined;
    if (prepared === undefined) return;
    prepared.close();
    this.#disk.remove(prepared.path);
  }

  async #make(): Promise<DiskFile> {
    const path = `${this.#directory}/${this.#count++ % 2}.tmp`;
    if (this.#disk.exists(path)) this.#disk.remove(path);
    const file = this.#disk.open(path, "create-new");
    try {
      await file.allocate(this.#bytes);
      await file.syncAsync();
      return file;
    } catch (error) {
      file.close();
      this.#disk.remove(path);
      throw error;
    }
  }
}
