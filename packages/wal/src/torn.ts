import { crc32c } from "@nodetcd/bytes";
import { SECTOR_BYTES } from "./limits.ts";
import { FRAME_HEADER_BYTES, RecordType, Tag } from "./record.ts";
import type { FileWindow, ReadRequest } from "./read-window.ts";

/** Enough for type, crc, and the length of the data. */
const HEAD_BYTES_MAX = 24;

/** True when a sector's share of `bytes`, which lie at `offset` of their file, is all zero. */
export function hasZeroSector(bytes: Uint8Array, offset: number): boolean {
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + SECTOR_BYTES - ((offset + at) % SECTOR_BYTES));
    let zero = true;
    for (; at < end; at++) {
      if (bytes[at] !== 0) {
        zero = false;
        break;
      }
    }
    if (zero) return true;
    at = end;
  }
  return false;
}

/**
 * True when the frame at `offset` holds a whole message whose checksum continues `crc`, whatever
 * its length field says. A frame whose length field is the last of its sector does not count: that
 * sector may be the one that was never written.
 */
export function* isIntactRecord(
  window: FileWindow,
  offset: number,
  crc: number,
): Generator<ReadRequest, boolean, Uint8Array> {
  const start = offset + FRAME_HEADER_BYTES;
  if (start % SECTOR_BYTES === 0 || start >= window.size) return false;
  const head = parseHead(yield* window.read(start, HEAD_BYTES_MAX));
  if (head === undefined || start + head.dataStart + head.dataSize > window.size) return false;
  const message = yield* window.read(start, head.dataStart + head.dataSize);
  const data = message.subarray(head.dataStart, head.dataStart + head.dataSize);
  return crc32c(crc, data) === head.crc;
}

/** Reads `type, crc, length of data` where a message begins; undefined when that is not there. */
function parseHead(
  bytes: Uint8Array,
): { crc: number; dataStart: number; dataSize: number } | undefined {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) return -1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return -1;
  };
  if (bytes[at++] !== Tag.TYPE) return undefined;
  const type = varint();
  if (type < RecordType.METADATA || type > RecordType.SNAPSHOT) return undefined;
  if (bytes[at++] !== Tag.CRC) return undefined;
  const crc = varint();
  if (crc < 0 || bytes[at++] !== Tag.DATA) return undefined;
  const dataSize = varint();
  return dataSize < 0 ? undefined : { crc, dataStart: at, dataSize };
}
