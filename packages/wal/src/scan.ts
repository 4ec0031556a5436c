import { crc32c, WireError } from "@nodetcd/bytes";
import { WalRecord } from "@nodetcd/messages";
import { corruptError } from "./errors.ts";
import { RECORD_BYTES_MAX } from "./limits.ts";
import { paddingOf, RecordType, FRAME_HEADER_BYTES } from "./record.ts";
import { FileWindow, type ReadRequest } from "./read-window.ts";
import { hasZeroSector, isIntactRecord } from "./torn.ts";

export interface ScanOptions {
  /** For messages. */
  readonly path: string;
  /** Of the file, in bytes. */
  readonly size: number;
  /** Only the last segment may end in a record that was never written to its end. */
  readonly last: boolean;
  /** Checksum that the segment before ended with; undefined: take it from the first record. */
  readonly crc: number | undefined;
  /** Offset of the record to begin with, of which `crc` is known. Default 0. */
  readonly start?: number;
  /**
   * Called for each valid record but those of type CRC. `data` is a view of memory that is never
   * reused: it may be kept, and keeps the chunk of the file that it was read with. `crc` is the checksum before it.
   */
  readonly visit: (type: number, data: Uint8Array, offset: number, crc: number) => void;
}

export interface ScanResult {
  /** Offset after the last valid record. */
  readonly end: number;
  /** Checksum after it; undefined when there is no record. */
  readonly crc: number | undefined;
  /** A record that begins at `end` was not written whole. */
  readonly torn: boolean;
}

interface Frame {
  readonly messageSize: number;
  readonly padding: number;
}

/**
 * Reads the records of one segment, checking framing and the chain of checksums. It asks for bytes
 * by yielding, so that one algorithm serves callers that wait and callers that do not.
 *
 * A record is torn, not corrupt, when it is in the last segment and either the file ends inside it
 * or a whole sector of it is zero: a sector is written whole or not at all, and segments are
 * allocated with zeros. Everything else that does not check is corruption and raises.
 */
export function* scanSegment(options: ScanOptions): Generator<ReadRequest, ScanResult, Uint8Array> {
  const { path, size, last, visit } = options;
  const window = new FileWindow(size);
  let { crc } = options;
  for (let offset = options.start ?? 0; ;) {
    const ended = (torn: boolean): ScanResult => {
      // A segment gets its name after its first record is on disk.
      if (crc === undefined) throw corruptError(path, offset, "there is no valid first record");
      return { end: offset, crc, torn };
    };
    const left = size - offset;
    if (left === 0) return ended(false);
    if (left < FRAME_HEADER_BYTES) return ended(yield* endsInHeader(options, window, offset));

    const frame = readFrameHeader(yield* window.read(offset, FRAME_HEADER_BYTES), path, offset);
    if (frame === undefined) {
      yield* refuseDamagedLength(options, window, offset, crc);
      return ended(false);
    }
    const frameSize = FRAME_HEADER_BYTES + frame.messageSize + frame.padding;
    if (frameSize > left) {
      // Cut inside its padding: the message is whole, and its length field is right.
      if (last && frameSize - left <= frame.padding) return ended(true);
      yield* refuseDamagedLength(options, window, offset, crc);
      if (!last) throw corruptError(path, offset, "the file ends inside this record");
      return ended(true);
    }

    const body = (yield* window.read(offset, frameSize)).subarray(FRAME_HEADER_BYTES, frameSize);
    const record = decodeRecord(body.subarray(0, frame.messageSize));
    const sum =
      record === undefined || record.type === RecordType.CRC
        ? record?.crc
        : crc32c(crc ?? 0, record.data);
    if (record === undefined || record.crc !== sum || isChainBroken(record, crc)) {
      yield* refuseDamagedLength(options, window, offset, crc);
      if (last && hasZeroSector(body, offset + FRAME_HEADER_BYTES)) return ended(true);
      throw corruptError(path, offset, describeMismatch(record, sum, crc));
    }
    if (record.type !== RecordType.CRC) visit(record.type, record.data, offset, crc ?? 0);
    crc = record.crc;
    offset += frameSize;
  }
}

/** The sizes in a length field; undefined when it is zero, which ends the used part of a file. */
function readFrameHeader(bytes: Uint8Array, path: string, offset: number): Frame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  const low = view.getUint32(0, true);
  const high = view.getUint32(4, true);
  if (low === 0 && high === 0) return undefined;
  const messageSize = (high & 0xff_ffff) * 0x1_0000_0000 + low;
  const top = high >>> 24;
  const padding = top & 7;
  const plausible =
    messageSize <= RECORD_BYTES_MAX &&
    padding === paddingOf(messageSize) &&
    top === (padding === 0 ? 0 : 0x80 | padding);
  if (!plausible) throw corruptError(path, offset, "the length field makes no sense");
  return { messageSize, padding };
}

function decodeRecord(message: Uint8Array): WalRecord | undefined {
  try {
    return WalRecord.decode(message);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** A CRC record repeats the sum of what came before it, which may be 0 for "not known". */
function isChainBroken(record: WalRecord, crc: number | undefined): boolean {
  return record.type === RecordType.CRC && crc !== undefined && crc !== 0 && record.crc !== crc;
}

function describeMismatch(
  record: WalRecord | undefined,
  sum: number | undefined,
  crc: number | undefined,
): string {
  if (record === undefined) return "the record cannot be decoded";
  const hex = (value: number | undefined): string => (value ?? 0).toString(16);
  if (record.type === RecordType.CRC) {
    return `the segment continues a checksum of ${hex(record.crc)}, the one before it ended with ${hex(crc)}`;
  }
  return `the checksum of the record is ${hex(record.crc)}, its data give ${hex(sum)}`;
}

/** Fewer than eight bytes are left: torn when they are not zero. */
function* endsInHeader(
  options: ScanOptions,
  window: FileWindow,
  offset: number,
): Generator<ReadRequest, boolean, Uint8Array> {
  const rest = yield* window.read(offset, options.size - offset);
  const torn = rest.subarray(0, options.size - offset).some((byte) => byte !== 0);
  if (torn && !options.last) {
    throw corruptError(options.path, offset, "the file ends inside a length field");
  }
  return torn;
}

/**
 * A length field that was damaged, to zero or to more than its record, would look like the end of
 * the log and hide acknowledged records. The message after it knows its own length: when it is
 * there and its checksum continues the chain, the field is what changed.
 */
function* refuseDamagedLength(
  options: ScanOptions,
  window: FileWindow,
  offset: number,
  crc: number | undefined,
): Generator<ReadRequest, void, Uint8Array> {
  if (crc === undefined) return;
  if (yield* isIntactRecord(window, offset, crc)) {
    throw corruptError(options.path, offset, "the length field is damaged, its record is intact");
  }
}
