import { type Disk, DiskError, type DiskFile } from "@nodetcd/runtime";
import type { DatabaseOptions } from "./database-options.ts";
import { BoltError } from "./errors.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, MIN_PAGE_SIZE } from "./limits.ts";
import { isPageSize, type Meta, META_SIZE, metaPage, readMeta } from "./meta.ts";
import {
  FREELIST_PAGE,
  isLittleEndianHost,
  LEAF_PAGE,
  PAGE_HEADER_SIZE,
  writePageHeader,
} from "./page.ts";

/** Appended to the path of a file that is being made. What is there under this name is written over. */
const UNFINISHED = ".unfinished";

/** Opens the file, made when it is missing, and takes its lock. */
export function openLocked(disk: Disk, path: string, options: DatabaseOptions): DiskFile {
  if (!isLittleEndianHost) throw new BoltError("WRONG_BYTE_ORDER", "this machine is big-endian");
  if (options.readOnly !== true && !disk.exists(path)) {
    const file = create(disk, path, options);
    if (file !== undefined) return file;
  }
  const file = disk.open(path, options.readOnly === true ? "read" : "write");
  try {
    lock(file, options);
    if (options.readOnly !== true && file.size() === 0) writeFirstPages(file, options);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Opens a file that is there for writing, and takes its lock, which may mean to start a program, off the event loop. */
export async function openLockedAsync(disk: Disk, path: string): Promise<DiskFile> {
  const file = await disk.openAsync(path, "write");
  try {
    await file.lockAsync("exclusive");
    return file;
  } catch (error) {
    file.close();
    throw lockError(error);
  }
}

function lock(file: DiskFile, options: DatabaseOptions): void {
  try {
    file.lock(options.readOnly === true ? "shared" : "exclusive", options.lockTimeoutMs ?? 0);
  } catch (error) {
    throw lockError(error);
  }
}

function lockError(error: unknown): unknown {
  if (!(error instanceof DiskError) || error.code !== "LOCKED") return error;
  return new BoltError("TIMEOUT", error.message, { cause: error });
}

/**
 * Makes the file under another name and renames it when it is whole, so that a crash leaves either
 * no file or a sound one. The lock goes with the file. Undefined: somebody else was quicker.
 */
function create(disk: Disk, path: string, options: DatabaseOptions): DiskFile | undefined {
  const file = disk.open(path + UNFINISHED, "create");
  try {
    lock(file, options);
    if (disk.exists(path)) {
      file.close();
      return undefined;
    }
    file.truncate(0);
    writeFirstPages(file, options);
    disk.rename(path + UNFINISHED, path);
    disk.syncDirectory(directoryOf(path));
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

/** Two metas, an empty freelist, an empty leaf as the root bucket. */
function writeFirstPages(file: DiskFile, options: DatabaseOptions): void {
  const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;
  if (!isPageSize(pageSize)) throw new BoltError("PAGE_SIZE", String(pageSize));
  const meta: Meta = {
    pageSize,
    flags: 0,
    rootPageId: 3,
    rootSequence: 0n,
    freelistPageId: 2,
    highWater: 4,
    txid: 0,
  };
  const pages = new Uint8Array(4 * pageSize);
  pages.set(metaPage(meta, 0), 0);
  pages.set(metaPage({ ...meta, txid: 1 }, 1), pageSize);
  writePageHeader(new Uint32Array(pages.buffer, 2 * pageSize), 2, FREELIST_PAGE, 0, 0);
  writePageHeader(new Uint32Array(pages.buffer, 3 * pageSize), 3, LEAF_PAGE, 0, 0);
  file.write(pages, 0);
  if (options.noSync !== true) file.sync();
}

/** Both metas of a file, each valid or the reason why not. */
export interface Metas {
  readonly first: Meta | BoltError;
  readonly second: Meta | BoltError;
}

/**
 * The meta of the last transaction that was committed: the valid one with the higher txid. When both
 * are broken, raises what is wrong with the first.
 */
export function readCurrentMeta(file: DiskFile): Meta {
  const { first, second } = readMetas(file);
  if (second instanceof BoltError) {
    if (first instanceof BoltError) throw first;
    return first;
  }
  return first instanceof BoltError || second.txid > first.txid ? second : first;
}

/** The first meta says where the second is; when it is broken, all page sizes are tried. */
export function readMetas(file: DiskFile): Metas {
  const first = metaAt(file, 0);
  if (!(first instanceof BoltError)) return { first, second: metaOfSize(file, first.pageSize) };
  for (let pageSize = MIN_PAGE_SIZE; pageSize <= MAX_PAGE_SIZE; pageSize *= 2) {
    const second = metaOfSize(file, pageSize);
    if (!(second instanceof BoltError)) return { first, second };
  }
  return { first, second: new BoltError("INVALID") };
}

function metaOfSize(file: DiskFile, pageSize: number): Meta | BoltError {
  const meta = metaAt(file, pageSize);
  if (meta instanceof BoltError || meta.pageSize === pageSize) return meta;
  return new BoltError("INVALID", `page size ${meta.pageSize} in the meta at ${pageSize}`);
}

function metaAt(file: DiskFile, position: number): Meta | BoltError {
  const record = new Uint8Array(META_SIZE);
  const count = file.read(record, position + PAGE_HEADER_SIZE);
  return readMeta(record.subarray(0, count));
}
