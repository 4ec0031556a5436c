import { compareBytes } from "@nodetcd/bytes";
import type { Disk, DiskFile } from "@nodetcd/runtime";
import { BoltError } from "../errors.ts";
import { isPageSize, MAGIC, type Meta, META_SIZE, readMeta, VERSION } from "../meta.ts";
import { readMetas } from "../open-file.ts";
import { META_PAGE, PAGE_HEADER_SIZE } from "../page.ts";
import { openRawFile, type RawFile } from "./raw-file.ts";
import { FREELIST_NOT_STORED, readRawMeta, writeRawMeta } from "./raw-meta.ts";

/** Both metas: each what it says, or why it is not valid. Opens files that nothing else would. */
export function inspectMetas(
  disk: Disk,
  path: string,
): readonly [Meta | BoltError, Meta | BoltError] {
  const file = disk.open(path, "read");
  try {
    const { first, second } = readMetas(file);
    return [first, second instanceof BoltError ? whyInvalid(file, second) : second];
  } finally {
    file.close();
  }
}

/** The second meta's own defect, if the first one's page size, valid or not, says where it is. */
function whyInvalid(file: DiskFile, otherwise: BoltError): BoltError {
  const record = new Uint8Array(META_SIZE);
  if (file.read(record, PAGE_HEADER_SIZE) < META_SIZE) return otherwise;
  const { pageSize } = readRawMeta(record);
  if (!isPageSize(pageSize)) return otherwise;
  const count = file.read(record, pageSize + PAGE_HEADER_SIZE);
  const found = readMeta(record.subarray(0, count));
  return found instanceof BoltError ? found : otherwise;
}

/** Which of two metas the last transaction wrote: the one with the higher txid, valid or not. */
export function activeMeta(file: RawFile): 0 | 1 {
  return file.meta(0).txid < file.meta(1).txid ? 1 : 0;
}

/** True when the last transaction stored its freelist. */
export function isFreelistStored(disk: Disk, path: string): boolean {
  const file = openRawFile(disk, path);
  try {
    return file.meta(activeMeta(file)).freelistPageId !== FREELIST_NOT_STORED;
  } finally {
    file.close();
  }
}

/** Fields of a meta that surgery may set. */
export interface MetaFields {
  /** Bytes. */
  pageSize?: number;
  /** The root bucket's page; its sequence becomes 0. */
  root?: bigint;
  freelist?: bigint;
  /** The high-water mark. */
  pgid?: bigint;
}

/**
 * Sets fields of meta 0 or 1, and whatever of magic, version, flags and checksum is not right. Both
 * metas may be damaged: the second is looked for where the first says that a page ends, so a wrong
 * page size there has to be mended first. As bbolt does, "right" flags are those of a meta *page*
 * (4), although a new file has 0 there; nobody reads them.
 *
 * @returns whether anything was written, and the page sizes in the first meta and in this one
 */
export function updateMeta(
  disk: Disk,
  path: string,
  index: 0 | 1,
  fields: MetaFields,
): { changed: boolean; firstPageSize: number; pageSize: number } {
  const file = disk.open(path, "write");
  try {
    const firstPageSize = readRawMeta(recordAt(file, PAGE_HEADER_SIZE)).pageSize;
    const position = PAGE_HEADER_SIZE + (index === 0 ? 0 : firstPageSize);
    const before = recordAt(file, position);
    const meta = { ...readRawMeta(before), magic: MAGIC, version: VERSION, flags: META_PAGE };
    if (fields.pageSize !== undefined) meta.pageSize = fields.pageSize;
    if (fields.root !== undefined) {
      meta.rootPageId = fields.root;
      meta.rootSequence = 0n;
    }
    if (fields.freelist !== undefined) meta.freelistPageId = fields.freelist;
    if (fields.pgid !== undefined) meta.highWater = fields.pgid;
    const after = new Uint8Array(META_SIZE);
    writeRawMeta(meta, after);
    const changed = Object.keys(fields).length > 0 || compareBytes(before, after) !== 0;
    if (changed) {
      file.write(after, position);
      file.sync();
    }
    return { changed, firstPageSize, pageSize: meta.pageSize };
  } finally {
    file.close();
  }
}

function recordAt(file: DiskFile, position: number): Uint8Array {
  const record = new Uint8Array(META_SIZE);
  if (file.read(record, position) < META_SIZE) {
    throw new BoltError("CORRUPT", "the file ends before the meta does");
  }
  return record;
}
