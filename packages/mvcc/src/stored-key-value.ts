import { WireReader } from "@nodetcd/bytes";

const latin1Slice = Buffer.prototype.latin1Slice;

/**
 * A key as text in which each character is one byte: V8 keeps it in one byte each, and comparing
 * two such texts is comparing bytes. Worth it for what is stored; hot look-ups use the bytes.
 */
export function keyText(key: Uint8Array): string {
  return latin1Slice.call(key, 0, key.length);
}

/** The bytes of a key text, owned by the caller. */
export function keyBytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/**
 * One revision of one key. `bytes` is the encoded `mvccpb.KeyValue`: what the backend holds and
 * what replies and watch events carry. It never changes and may be kept for any time; it is a view
 * of a slab of 64 KiB, which stays in memory as long as one view of it does.
 *
 * A deletion has only a key and a `modRevision`.
 */
export class StoredKeyValue {
  readonly bytes: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** 0n for none. */
  readonly lease: bigint;
  /** The `RecordSlab` that `bytes` lies in, while the value cache accounts for it. */
  slab: object | undefined = undefined;
  /** Read since the cache looked at it last. */
  recentlyRead = false;

  constructor(
    bytes: Uint8Array,
    createRevision: number,
    modRevision: number,
    version: number,
    lease: bigint,
  ) {
    this.bytes = bytes;
    this.createRevision = createRevision;
    this.modRevision = modRevision;
    this.version = version;
    this.lease = lease;
  }

  /** A view of `bytes`. */
  get key(): Uint8Array {
    return recordKey(this.bytes);
  }

  /** A view of `bytes`; empty when the value is. */
  get value(): Uint8Array {
    const reader = new WireReader(this.bytes);
    while (!reader.done) {
      const tag = reader.tag();
      if (tag === 42) return reader.view();
      reader.skip(tag);
    }
    return this.bytes.subarray(this.bytes.length);
  }
}

/** A view of the key in an encoded KeyValue; empty when it has none. Raises `WireError`. */
export function recordKey(record: Uint8Array): Uint8Array {
  // Field 1 comes first in every record that etcd or this package wrote.
  if (record.length > 1 && record[0] === 10 && record[1]! < 0x80) {
    const end = 2 + record[1]!;
    if (end <= record.length) return record.subarray(2, end);
  }
  const reader = new WireReader(record);
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 10) return reader.view();
    reader.skip(tag);
  }
  return record.subarray(record.length);
}

/** Parses an encoded KeyValue, keeping `bytes` itself: pass bytes that are yours and final. */
export function parseStored(bytes: Uint8Array): StoredKeyValue {
  const reader = new WireReader(bytes);
  let createRevision = 0;
  let modRevision = 0;
  let version = 0;
  let lease = 0n;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 16) createRevision = reader.counter();
    else if (tag === 24) modRevision = reader.counter();
    else if (tag === 32) version = reader.counter();
    else if (tag === 48) lease = reader.int64();
    else reader.skip(tag);
  }
  return new StoredKeyValue(bytes, createRevision, modRevision, version, lease);
}
