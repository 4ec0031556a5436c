import type { Disk, DiskFile } from "@nodetcd/runtime";
import { BoltError } from "../errors.ts";
import { isPageSize, MAGIC, META_SIZE } from "../meta.ts";
import { readMetas } from "../open-file.ts";
import { Page, PAGE_HEADER_SIZE } from "../page.ts";
import { MAX_RAW_PAGE_BYTES } from "../limits.ts";
import { type RawMeta, readRawMeta, writeRawMeta } from "./raw-meta.ts";

/** Header of the page at some place of the file, whatever that place is used for. */
export interface RawHeader {
  readonly flags: number;
  readonly count: number;
  readonly overflow: number;
}

/**
 * Opens a file page by page: no transaction, no lock, no trust. The first meta's magic and page size
 * have to be right, or all of the second. Raises `INVALID`, `WRONG_BYTE_ORDER`, `DiskError`.
 */
export function openRawFile(disk: Disk, path: string, mode: "read" | "write" = "read"): RawFile {
  const file = disk.open(path, mode);
  try {
    return new RawFile(file);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** For looking into damaged files and for surgery on copies. `close` when done. */
export class RawFile {
  readonly #file: DiskFile;
  /** Bytes. */
  readonly pageSize: number;
  /** As that meta says: the other may be further. */
  readonly highWater: number;

  constructor(file: DiskFile) {
    this.#file = file;
    const { pageSize, highWater } = layoutOf(file);
    this.pageSize = pageSize;
    this.highWater = highWater;
  }

  /** Bytes of the file. */
  size(): number {
    return this.#file.size();
  }

  /** The first bytes of a page, without those it continues into. `CORRUPT` beyond the file's end. */
  header(id: number): RawHeader {
    const words = new Uint32Array(4);
    this.#fill(new Uint8Array(words.buffer), id);
    return { flags: words[2]! & 0xffff, count: words[2]! >>> 16, overflow: words[3]! };
  }

  /** One page as it is on disk, without what it continues into; owned by the caller. */
  bytes(id: number): Uint8Array {
    const bytes = new Uint8Array(this.pageSize);
    this.#fill(bytes, id);
    return bytes;
  }

  /**
   * A page with all it continues into, owned by the caller: its memory may be changed and written.
   * Raises `CORRUPT` when it does not say its own id, or claims more pages than there are.
   */
  page(id: number): Page {
    const first = new Page(this.bytes(id).buffer as ArrayBuffer);
    this.#requireId(first, id);
    if (first.overflow === 0) return first;
    const size = (first.overflow + 1) * this.pageSize;
    if (id * this.pageSize + size > this.size()) {
      throw new BoltError("CORRUPT", `page ${id} claims ${first.overflow} overflow pages`);
    }
    if (size > MAX_RAW_PAGE_BYTES) {
      throw new BoltError(
        "CORRUPT",
        `page ${id} claims ${size} bytes, which is too much to look at`,
      );
    }
    const buffer = new ArrayBuffer(size);
    this.#fill(new Uint8Array(buffer), id);
    return new Page(buffer);
  }

  /** Writes whole pages, the first at `id`. @param bytes borrowed during the call */
  write(id: number, bytes: Uint8Array): void {
    this.#file.write(bytes, id * this.pageSize);
  }

  /** Meta 0 or 1. `CORRUPT` when the file ends before it does. */
  meta(index: number): RawMeta {
    const record = new Uint8Array(META_SIZE);
    const count = this.#file.read(record, index * this.pageSize + PAGE_HEADER_SIZE);
    if (count < META_SIZE) throw new BoltError("CORRUPT", `the file ends before meta ${index}`);
    return readRawMeta(record);
  }

  /** Writes a meta with the checksum that fits it. */
  writeMeta(index: number, meta: RawMeta): void {
    const record = new Uint8Array(META_SIZE);
    writeRawMeta(meta, record);
    this.#file.write(record, index * this.pageSize + PAGE_HEADER_SIZE);
  }

  sync(): void {
    this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }

  #requireId(page: Page, id: number): void {
    if (page.id !== id) throw new BoltError("CORRUPT", `page ${id} says that it is ${page.id}`);
  }

  #fill(into: Uint8Array, id: number): void {
    if (!Number.isSafeInteger(id * this.pageSize)) {
      throw new BoltError("CORRUPT", `page ${id} is beyond the end of the file`);
    }
    if (this.#file.read(into, id * this.pageSize) < into.length) {
      throw new BoltError("CORRUPT", `page ${id} is beyond the end of the file`);
    }
  }
}

/** From the first meta, whatever its checksum says; when it is none at all, from the second. */
function layoutOf(file: DiskFile): { pageSize: number; highWater: number } {
  const record = new Uint8Array(META_SIZE);
  if (file.read(record, PAGE_HEADER_SIZE) < META_SIZE) {
    throw new BoltError("INVALID", "file is too short");
  }
  const { magic, pageSize, highWater } = readRawMeta(record);
  if (magic === MAGIC && isPageSize(pageSize)) return { pageSize, highWater: Number(highWater) };
  const { first, second } = readMetas(file);
  if (!(second instanceof BoltError)) return second;
  throw first instanceof BoltError ? first : second;
}
