import type { Disk, DiskFile, OpenMode } from "@nodetcd/runtime";

/** Raised when a case does more than any finite walk of so small a file needs. */
export class LimitError extends Error {
  override readonly name = "LimitError";
}

/** One file in memory, for hundreds of thousands of opens a minute; limits reads and growth. */
export class ImageDisk implements Disk {
  #image: Uint8Array;
  #size: number;
  #reads = 0;
  readonly #maxReads: number;
  readonly #maxBytes: number;

  /** @param image borrowed: it is changed by writes */
  constructor(image: Uint8Array, maxReads: number, maxBytes: number) {
    this.#image = image;
    this.#size = image.length;
    this.#maxReads = maxReads;
    this.#maxBytes = maxBytes;
  }

  open(path: string, _mode: OpenMode): DiskFile {
    return {
      path,
      read: (into, position) => this.#read(into, position),
      readAsync: (into, position) => Promise.resolve(this.#read(into, position)),
      write: (from, position) => {
        if (position + from.length > this.#size) this.#resize(position + from.length);
        this.#image.set(from, position);
      },
      writeAsync: () => Promise.reject(new Error("not used here")),
      writeSynced: () => Promise.reject(new Error("not used here")),
      sync: () => {},
      syncAsync: () => Promise.resolve(),
      truncate: (size) => this.#resize(size),
      truncateAsync: () => Promise.reject(new Error("not used here")),
      allocate: () => Promise.reject(new Error("not used here")),
      size: () => this.#size,
      lock: () => {},
      lockAsync: () => Promise.resolve(),
      close: () => {},
    };
  }

  #read(into: Uint8Array, position: number): number {
    if (++this.#reads > this.#maxReads) throw new LimitError(`more than ${this.#maxReads} reads`);
    if (position >= this.#size) return 0;
    const part = this.#image.subarray(position, Math.min(this.#size, position + into.length));
    into.set(part);
    return part.length;
  }

  #resize(size: number): void {
    if (size > this.#maxBytes) throw new LimitError(`the file would grow to ${size} bytes`);
    if (size > this.#image.length) {
      const grown = new Uint8Array(size);
      grown.set(this.#image.subarray(0, this.#size));
      this.#image = grown;
    } else if (size < this.#size) this.#image.fill(0, size, this.#size);
    this.#size = size;
  }

  exists(): boolean {
    return true;
  }

  size(): number {
    return this.#size;
  }

  list(): [] {
    return [];
  }

  makeDirectory(): void {}
  openAsync(path: string, mode: OpenMode): Promise<DiskFile> {
    return Promise.resolve(this.open(path, mode));
  }
  permissions(): number {
    return 0o700;
  }
  rename(): void {}
  async renameAsync(): Promise<void> {}
  remove(): void {}
  async removeAsync(): Promise<void> {}
  removeTree(): void {}
  syncDirectory(): void {}
  async syncDirectoryAsync(): Promise<void> {}

  readFile(): Uint8Array {
    return this.#image.slice(0, this.#size);
  }

  makeTemporaryDirectory(): string {
    return "/";
  }
}
