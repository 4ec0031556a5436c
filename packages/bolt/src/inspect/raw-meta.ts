import { META_SIZE, metaChecksum } from "../meta.ts";

/** A freelist page id of this says that the freelist is not stored. */
export const FREELIST_NOT_STORED = 0xffff_ffff_ffff_ffffn;

/** What a meta's 64 bytes say, true or not. Layout: `Meta`. */
export interface RawMeta {
  magic: number;
  version: number;
  /** Bytes. */
  pageSize: number;
  flags: number;
  rootPageId: bigint;
  rootSequence: bigint;
  freelistPageId: bigint;
  /** The first page id that was never used. */
  highWater: bigint;
  txid: bigint;
  /** As stored; `writeRawMeta` puts the one that fits. */
  checksum: bigint;
}

function viewOf(record: Uint8Array): DataView {
  return new DataView(record.buffer, record.byteOffset, META_SIZE);
}

/** @param record borrowed, the bytes after the page header, at least `META_SIZE` */
export function readRawMeta(record: Uint8Array): RawMeta {
  const view = viewOf(record);
  return {
    magic: view.getUint32(0, true),
    version: view.getUint32(4, true),
    pageSize: view.getUint32(8, true),
    flags: view.getUint32(12, true),
    rootPageId: view.getBigUint64(16, true),
    rootSequence: view.getBigUint64(24, true),
    freelistPageId: view.getBigUint64(32, true),
    highWater: view.getBigUint64(40, true),
    txid: view.getBigUint64(48, true),
    checksum: view.getBigUint64(56, true),
  };
}

/** Writes all fields, with a checksum that fits them, into the first 64 bytes of `record`. */
export function writeRawMeta(meta: RawMeta, record: Uint8Array): void {
  const view = viewOf(record);
  view.setUint32(0, meta.magic, true);
  view.setUint32(4, meta.version, true);
  view.setUint32(8, meta.pageSize, true);
  view.setUint32(12, meta.flags, true);
  view.setBigUint64(16, meta.rootPageId, true);
  view.setBigUint64(24, meta.rootSequence, true);
  view.setBigUint64(32, meta.freelistPageId, true);
  view.setBigUint64(40, meta.highWater, true);
  view.setBigUint64(48, meta.txid, true);
  view.setBigUint64(56, metaChecksum(record), true);
}
