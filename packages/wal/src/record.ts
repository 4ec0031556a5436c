/** What a record holds; the numbers are part of the file format. */
export const RecordType = { METADATA: 1, ENTRY: 2, STATE: 3, CRC: 4, SNAPSHOT: 5 } as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/**
 * A record in its file:
 *
 *     offset 0   u64 LE  low 56 bits: bytes of the message; when it is padded, the top byte is
 *                        0x80 | padding
 *     offset 8   walpb.Record { 1: type, 2: crc, 3: data }, then 0-7 zero bytes of padding
 *
 * Frames begin at multiples of 8, so that the length field never lies across two sectors.
 */
export const FRAME_HEADER_BYTES = 8;

/** Field numbers with their wire types, one byte each. */
export const Tag = { TYPE: 0x08, CRC: 0x10, DATA: 0x1a } as const;

/** Zero bytes after a message of this size. */
export function paddingOf(messageBytes: number): number {
  return (8 - (messageBytes & 7)) & 7;
}

/** Writes the length field of a message of `size` bytes at `at`, which must be a multiple of 8. */
export function putFrameHeader(into: Uint8Array, at: number, size: number): void {
  const padding = paddingOf(size);
  into[at] = size;
  into[at + 1] = size >>> 8;
  into[at + 2] = size >>> 16;
  into[at + 3] = size >>> 24;
  into[at + 4] = 0;
  into[at + 5] = 0;
  into[at + 6] = 0;
  into[at + 7] = padding === 0 ? 0 : 0x80 | padding;
}
