import { MvccError } from "./errors.ts";

/**
 * Keys of the `key` bucket: the main revision as 8 bytes big-endian, `_`, the sub revision as 8
 * bytes big-endian; a tombstone adds `t`. Byte order is the order of changes.
 *
 *     main 3, sub 1            00 00 00 00 00 00 00 03 5f 00 00 00 00 00 00 00 01
 *     the same as a tombstone  ... 01 74
 */
export const REVISION_KEY_LENGTH = 17;

const SEPARATOR = 0x5f;
const TOMBSTONE_MARK = 0x74;
const TWO_32 = 0x1_0000_0000;

function writeUint64(target: Uint8Array, offset: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  const low = value >>> 0;
  target[offset] = high >>> 24;
  target[offset + 1] = high >>> 16;
  target[offset + 2] = high >>> 8;
  target[offset + 3] = high;
  target[offset + 4] = low >>> 24;
  target[offset + 5] = low >>> 16;
  target[offset + 6] = low >>> 8;
  target[offset + 7] = low;
}

function readUint64(bytes: Uint8Array, offset: number): number {
  const high =
    (bytes[offset]! << 24) |
    (bytes[offset + 1]! << 16) |
    (bytes[offset + 2]! << 8) |
    bytes[offset + 3]!;
  const low =
    (bytes[offset + 4]! << 24) |
    (bytes[offset + 5]! << 16) |
    (bytes[offset + 6]! << 8) |
    bytes[offset + 7]!;
  return (high >>> 0) * TWO_32 + (low >>> 0);
}

/** The bucket key of a revision, owned by the caller: 17 bytes, or 18 for a tombstone. */
export function revisionKey(main: number, sub: number, tombstone = false): Uint8Array {
  const key = new Uint8Array(tombstone ? REVISION_KEY_LENGTH + 1 : REVISION_KEY_LENGTH);
  writeUint64(key, 0, main);
  key[8] = SEPARATOR;
  writeUint64(key, 9, sub);
  if (tombstone) key[REVISION_KEY_LENGTH] = TOMBSTONE_MARK;
  return key;
}

/** The smallest bucket key of a main revision, for the bounds of a scan; owned by the caller. */
export function revisionBound(main: number): Uint8Array {
  const bound = new Uint8Array(8);
  writeUint64(bound, 0, main);
  return bound;
}

export function mainOf(key: Uint8Array): number {
  return readUint64(key, 0);
}

export function subOf(key: Uint8Array): number {
  return readUint64(key, 9);
}

export function isTombstoneKey(key: Uint8Array): boolean {
  return key.length === REVISION_KEY_LENGTH + 1 && key[REVISION_KEY_LENGTH] === TOMBSTONE_MARK;
}

/** Raises `CORRUPT_RECORD` unless the bytes have the form of a revision with safe integers. */
export function checkRevisionKey(key: Uint8Array): void {
  if (!isRevision(key)) throw corruptRecord(key, "it is not a revision");
}

/** The bytes have the form of a revision, with or without the mark of a tombstone. */
export function isRevision(bytes: Uint8Array): boolean {
  const { length } = bytes;
  return (
    (length === REVISION_KEY_LENGTH || length === REVISION_KEY_LENGTH + 1) &&
    bytes[8] === SEPARATOR &&
    Number.isSafeInteger(readUint64(bytes, 0)) &&
    Number.isSafeInteger(readUint64(bytes, 9))
  );
}

/** What is wrong with the record under a key of the `key` bucket. */
export function corruptRecord(key: Uint8Array, problem: string, cause?: unknown): MvccError {
  const hex = Buffer.from(key).toString("hex");
  const options = cause === undefined ? undefined : { cause };
  return new MvccError("CORRUPT_RECORD", `Key ${hex} of the "key" bucket: ${problem}`, options);
}

/** The smallest key above `key`, owned. */
export function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
