import { fnv1a64 } from "@nodetcd/bytes";
import { BoltError } from "./errors.ts";
import { MAX_PAGE_SIZE, MAX_PAGES, MIN_PAGE_SIZE } from "./limits.ts";
import { META_PAGE, PAGE_HEADER_SIZE, writePageHeader } from "./page.ts";

export const MAGIC = 0xed0cdaed;
export const VERSION = 2;
/** Bytes of the record, its checksum included. */
export const META_SIZE = 64;
const CHECKSUM_OFFSET = 56;
/** The freelist's page id in a file that does not store it. */
const NO_FREELIST = 0xffff_ffff_ffff_ffffn;

/**
 * The root of a committed state. Pages 0 and 1 each hold one after a page header; transaction `n`
 * writes page `n % 2`, so the state before it stays whole until the new one is.
 *
 *     0  magic u32    4 version u32   8 page size u32   12 flags u32
 *     16 root bucket: page id u64, sequence u64         32 freelist page id u64
 *     40 high-water page id u64       48 txid u64       56 checksum u64: FNV-1a of all before it
 */
export interface Meta {
  readonly pageSize: number;
  readonly flags: number;
  readonly rootPageId: number;
  readonly rootSequence: bigint;
  /**
   * Undefined when the freelist is not stored and has to be found by reading the trees. Only who
   * writes needs it: where it is out of range, the data can still be read.
   */
  readonly freelistPageId: number | undefined;
  /** The first page id that was never used. */
  readonly highWater: number;
  readonly txid: number;
}

function viewOf(record: Uint8Array): DataView {
  return new DataView(record.buffer, record.byteOffset, META_SIZE);
}

export function metaChecksum(record: Uint8Array): bigint {
  return fnv1a64(record.subarray(0, CHECKSUM_OFFSET));
}

/**
 * Reads the record (without page header) and validates it.
 *
 * @param record borrowed, at least `META_SIZE` bytes
 * @returns the meta, or the error that says why it is none: `INVALID`, `WRONG_BYTE_ORDER`,
 *   `VERSION_MISMATCH` or `CHECKSUM`
 */
export function readMeta(record: Uint8Array): Meta | BoltError {
  if (record.length < META_SIZE) return new BoltError("INVALID", "file is too short");
  const view = viewOf(record);
  if (view.getUint32(0, false) === MAGIC) return new BoltError("WRONG_BYTE_ORDER");
  if (view.getUint32(0, true) !== MAGIC) return new BoltError("INVALID");
  if (view.getUint32(4, true) !== VERSION) {
    return new BoltError("VERSION_MISMATCH", `file has ${view.getUint32(4, true)}`);
  }
  if (view.getBigUint64(CHECKSUM_OFFSET, true) !== metaChecksum(record)) {
    return new BoltError("CHECKSUM");
  }
  const freelist = view.getBigUint64(32, true);
  const meta: Meta = {
    pageSize: view.getUint32(8, true),
    flags: view.getUint32(12, true),
    rootPageId: Number(view.getBigUint64(16, true)),
    rootSequence: view.getBigUint64(24, true),
    freelistPageId: freelist === NO_FREELIST ? undefined : Number(freelist),
    highWater: Number(view.getBigUint64(40, true)),
    txid: Number(view.getBigUint64(48, true)),
  };
  return implausible(meta) ?? meta;
}

function implausible(meta: Meta): BoltError | undefined {
  if (!isPageSize(meta.pageSize)) {
    return new BoltError("INVALID", `page size ${meta.pageSize}`);
  }
  if (!Number.isSafeInteger(meta.txid) || !Number.isSafeInteger(meta.highWater * meta.pageSize)) {
    return new BoltError("INVALID", "a counter is beyond 2^53");
  }
  if (meta.highWater > MAX_PAGES) {
    return new BoltError("INVALID", `${meta.highWater} pages, which is more than a file may have`);
  }
  if (meta.rootPageId < 2 || meta.rootPageId >= meta.highWater) {
    return new BoltError("INVALID", `root page ${meta.rootPageId} is out of range`);
  }
  return undefined;
}

export function isPageSize(size: number): boolean {
  return size >= MIN_PAGE_SIZE && size <= MAX_PAGE_SIZE && (size & (size - 1)) === 0;
}

/** A whole meta page, owned by the caller. @param pageId 0 or 1 */
export function metaPage(meta: Meta, pageId: number): Uint8Array {
  const page = new Uint8Array(meta.pageSize);
  writePageHeader(new Uint32Array(page.buffer, 0, 4), pageId, META_PAGE, 0, 0);
  writeMeta(meta, page.subarray(PAGE_HEADER_SIZE, PAGE_HEADER_SIZE + META_SIZE));
  return page;
}

/** Writes the record with its checksum into the first `META_SIZE` bytes of `record`. */
export function writeMeta(meta: Meta, record: Uint8Array): void {
  const view = viewOf(record);
  const { freelistPageId } = meta;
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, meta.pageSize, true);
  view.setUint32(12, meta.flags, true);
  view.setBigUint64(16, BigInt(meta.rootPageId), true);
  view.setBigUint64(24, meta.rootSequence, true);
  const freelist = freelistPageId === undefined ? NO_FREELIST : BigInt(freelistPageId);
  view.setBigUint64(32, freelist, true);
  view.setBigUint64(40, BigInt(meta.highWater), true);
  view.setBigUint64(48, BigInt(meta.txid), true);
  view.setBigUint64(CHECKSUM_OFFSET, metaChecksum(record), true);
}
