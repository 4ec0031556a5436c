/** Bytes that a segment is allocated with, and beyond which the next one is begun. */
export const SEGMENT_BYTES = 64_000_000;
/** Bytes of the next segment that are prepared between two looks at whether it is still wanted. */
export const PREPARE_BYTES: number = 4 * 1024 * 1024;
/** Framed bytes collected before they are handed to the disk; a longer batch takes several writes. */
export const WRITE_BYTES_MAX: number = 1024 * 1024;
/** The record buffer shrinks back to this after a record that needed more. */
export const BUFFER_BYTES_KEPT: number = 2 * 1024 * 1024;
/** Bytes read at once when a segment is scanned: about 1 ms of checksum. */
export const READ_BYTES: number = 1024 * 1024;
/** The longest record, in bytes; a length field beyond it was never written by anybody. */
export const RECORD_BYTES_MAX: number = 1024 * 1024 * 1024;
/** A sync that takes longer, in seconds, is worth a warning. */
export const SLOW_SYNC_SECONDS = 1;
/** What a disk writes whole or not at all, in bytes: the grain of torn writes. */
export const SECTOR_BYTES = 512;
/** Bytes of the log between two entries whose places are remembered, so that older entries can be read back. */
export const PLACES_APART_BYTES: number = 64 * 1024;
