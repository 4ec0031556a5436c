import type { Disk, DiskFile } from "@nodetcd/runtime";
import type { AuditSink } from "./queue.ts";

export interface RotatingFileOptions {
  readonly disk: Disk;
  readonly path: string;
  /** A write that would make the file longer goes to a new one. */
  readonly maxBytes: number;
  /** Old files kept, `path.1` the newest; 0 keeps none. */
  readonly oldFiles: number;
}

const LINE_END = 0x0a;
const END = Uint8Array.of(LINE_END);

/** A file, of mode 0600, that is appended to and becomes an old one when it is full. */
export class RotatingFile implements AuditSink {
  readonly #options: RotatingFileOptions;
  #file: DiskFile | undefined;
  #position = 0;

  private constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  /** Raises `DiskError` when it cannot be opened. */
  static async open(options: RotatingFileOptions): Promise<RotatingFile> {
    const file = new RotatingFile(options);
    await file.#open();
    return file;
  }

  async #open(): Promise<DiskFile> {
    const { disk, path } = this.#options;
    const file = await disk.openAsync(path, "create");
    try {
      this.#position = file.size();
      await this.#endLine(file);
    } catch (error) {
      file.close();
      throw error;
    }
    this.#file = file;
    return file;
  }

  /** A crash may have cut the last line: the next one does not join it. */
  async #endLine(file: DiskFile): Promise<void> {
    const last = new Uint8Array(1);
    if (this.#position === 0) return;
    await file.readAsync(last, this.#position - 1);
    if (last[0] === LINE_END) return;
    await file.writeAsync([END], this.#position);
    this.#position++;
  }

  async write(lines: Uint8Array): Promise<void> {
    let file = this.#file ?? (await this.#open());
    if (this.#position > 0 && this.#position + lines.length > this.#options.maxBytes) {
      file = await this.#rotate(file);
    }
    // A write that failed in its middle is repeated at the same place.
    await file.writeAsync([lines], this.#position);
    this.#position += lines.length;
  }

  async #rotate(file: DiskFile): Promise<DiskFile> {
    const { disk, path, oldFiles } = this.#options;
    await file.syncAsync();
    this.#file = undefined;
    file.close();
    const name = (number: number): string => (number === 0 ? path : `${path}.${number}`);
    if (disk.exists(name(oldFiles))) await disk.removeAsync(name(oldFiles));
    for (let number = oldFiles - 1; number >= 0; number--) {
      if (disk.exists(name(number))) await disk.renameAsync(name(number), name(number + 1));
    }
    return await this.#open();
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    try {
      await file.syncAsync();
    } finally {
      file.close();
    }
  }
}
