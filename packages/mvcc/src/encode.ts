import { varint64Size, varintSize, writeVarint, writeVarint64 } from "@nodetcd/bytes";

/** Copies of up to this many bytes are faster in script than by `set`. */
const SCRIPT_COPY = 24;

function writeBytes(target: Uint8Array, offset: number, bytes: Uint8Array): number {
  const length = bytes.length;
  if (length <= SCRIPT_COPY) {
    for (let i = 0; i < length; i++) target[offset + i] = bytes[i]!;
  } else {
    target.set(bytes, offset);
  }
  return offset + length;
}

/** The varint of the lease encoded last: keys of one lease tend to come one after the other. */
let lastLease = 0n;
let lastLeaseVarint = new Uint8Array(0);

function leaseVarint(lease: bigint): Uint8Array {
  if (lease === lastLease) return lastLeaseVarint;
  const bits = BigInt.asUintN(64, lease);
  const [high, low] = [Number(bits >> 32n), Number(bits & 0xffff_ffffn)];
  lastLease = lease;
  lastLeaseVarint = new Uint8Array(varint64Size(high, low));
  writeVarint64(lastLeaseVarint, 0, high, low);
  return lastLeaseVarint;
}

/** Bytes that `writeKeyValue` will write. */
export function keyValueSize(
  key: Uint8Array,
  createRevision: number,
  modRevision: number,
  version: number,
  value: Uint8Array,
  lease: bigint,
): number {
  let size = 1 + varintSize(key.length) + key.length;
  size += 3 + varintSize(createRevision) + varintSize(modRevision) + varintSize(version);
  if (value.length > 0) size += 1 + varintSize(value.length) + value.length;
  if (lease !== 0n) size += 1 + leaseVarint(lease).length;
  return size;
}

/**
 * Writes an `mvccpb.KeyValue` byte for byte as etcd does: fields ascending, zero fields left out.
 * Revisions and version must be positive. Members compare these bytes by hash.
 *
 * @returns the offset after the last byte written
 */
export function writeKeyValue(
  target: Uint8Array,
  offset: number,
  key: Uint8Array,
  createRevision: number,
  modRevision: number,
  version: number,
  value: Uint8Array,
  lease: bigint,
): number {
  offset = writeKeyField(target, offset, key);
  target[offset++] = 0x10;
  offset = writeVarint(target, offset, createRevision);
  offset = writeModRevisionField(target, offset, modRevision);
  target[offset++] = 0x20;
  offset = writeVarint(target, offset, version);
  if (value.length > 0) {
    target[offset++] = 0x2a;
    offset = writeVarint(target, offset, value.length);
    offset = writeBytes(target, offset, value);
  }
  if (lease !== 0n) {
    target[offset++] = 0x30;
    offset = writeBytes(target, offset, leaseVarint(lease));
  }
  return offset;
}

/** Bytes of a record of a key alone, one character a byte: that of a tombstone. */
export function keyRecordSize(key: string): number {
  return 1 + varintSize(key.length) + key.length;
}

/** Writes it; returns the offset after it. */
export function writeKeyRecord(target: Uint8Array, offset: number, key: string): number {
  target[offset++] = 0x0a;
  const { length } = key;
  offset = writeVarint(target, offset, length);
  for (let i = 0; i < length; i++) target[offset + i] = key.charCodeAt(i);
  return offset + length;
}

/** Writes field 1. Returns the offset after it. */
export function writeKeyField(target: Uint8Array, offset: number, key: Uint8Array): number {
  target[offset++] = 0x0a;
  offset = writeVarint(target, offset, key.length);
  return writeBytes(target, offset, key);
}

/** Writes field 3; after the key it makes the KeyValue of a DELETE event. */
export function writeModRevisionField(target: Uint8Array, offset: number, main: number): number {
  target[offset++] = 0x18;
  return writeVarint(target, offset, main);
}
