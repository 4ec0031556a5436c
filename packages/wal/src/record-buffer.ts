import { assert, crc32c, varintSize, WireWriter, writeVarint } from "@nodetcd/bytes";
import type { Entry, HardState, WalSnapshot } from "@nodetcd/messages";
import { ConfState } from "@nodetcd/messages";
import { BUFFER_BYTES_KEPT, RECORD_BYTES_MAX, WRITE_BYTES_MAX } from "./limits.ts";
import { FRAME_HEADER_BYTES, paddingOf, putFrameHeader, RecordType, Tag } from "./record.ts";

/** Frame header, type, crc, tag and length of data, padding: never more than this. */
const FRAMING_BYTES_MAX = FRAME_HEADER_BYTES + 2 + 6 + 6 + 7;
/** Type, term, index, tag and length of data of an entry: never more than this. */
const ENTRY_HEAD_BYTES_MAX = 2 + 9 + 9 + 6;
const CRC_BYTES_MAX = 5;

/**
 * Frames records one after the other into one buffer that is used again and again, and carries the
 * running checksum from record to record. Field order and explicit zeros are those of etcd.
 */
export class RecordBuffer {
  #bytes: Buffer = Buffer.alloc(64 * 1024);
  #length = 0;
  #crc: number;

  /** @param crc CRC-32C over the data of all records so far */
  constructor(crc: number) {
    this.#crc = crc;
  }

  get crc(): number {
    return this.#crc;
  }

  get length(): number {
    return this.#length;
  }

  /** True when what was framed should be written before more is added. */
  get full(): boolean {
    return this.#length >= WRITE_BYTES_MAX;
  }

  /** What was framed since `reset`: borrowed, valid until the next change of this object. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was framed; the checksum goes on. */
  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > BUFFER_BYTES_KEPT) this.#bytes = Buffer.alloc(WRITE_BYTES_MAX);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.view());
    this.#bytes = grown;
  }

  /**
   * The hot path: the entry's message is built in place, after room for a checksum of five bytes
   * (15 of 16 are that long), and moved when the checksum turns out shorter.
   */
  addEntry(entry: Entry): void {
    const { data } = entry;
    assert(data.length < RECORD_BYTES_MAX, "addEntry: the entry is beyond the longest record");
    this.#reserve(FRAMING_BYTES_MAX + ENTRY_HEAD_BYTES_MAX + data.length);
    const bytes = this.#bytes;
    let bodySize = 3 + 1 + varintSize(entry.term) + varintSize(entry.index);
    if (data.length > 0) bodySize += 1 + varintSize(data.length) + data.length;

    const bodyStart = this.#bodyStart(bodySize);
    let at = bodyStart;
    bytes[at++] = 0x08;
    bytes[at++] = entry.type;
    bytes[at++] = 0x10;
    at = writeVarint(bytes, at, entry.term);
    bytes[at++] = 0x18;
    at = writeVarint(bytes, at, entry.index);
    if (data.length > 0) {
      bytes[at++] = 0x22;
      at = writeVarint(bytes, at, data.length);
      bytes.set(data, at);
    }
    this.#finishRecord(RecordType.ENTRY, bodyStart, bodySize);
  }

  addHardState(state: HardState): void {
    const writer = new WireWriter(32);
    writer.uint32(0x08);
    writer.counter(state.term);
    writer.uint32(0x10);
    writer.uint64(state.vote);
    writer.uint32(0x18);
    writer.counter(state.commit);
    this.#addRecord(RecordType.STATE, writer.finish());
  }

  addSnapshot(snapshot: WalSnapshot): void {
    const writer = new WireWriter(64);
    writer.uint32(0x08);
    writer.counter(snapshot.index);
    writer.uint32(0x10);
    writer.counter(snapshot.term);
    if (snapshot.confState !== undefined) {
      writer.uint32(0x1a);
      const mark = writer.beginDelimited();
      ConfState.write(writer, snapshot.confState);
      // proto2 of etcd writes auto_leave even when it is false
      if (!snapshot.confState.autoLeave) writer.raw(AUTO_LEAVE_FALSE);
      writer.endDelimited(mark);
    }
    this.#addRecord(RecordType.SNAPSHOT, writer.finish());
  }

  /** @param metadata borrowed */
  addMetadata(metadata: Uint8Array): void {
    this.#addRecord(RecordType.METADATA, metadata);
  }

  /** The first record of a segment: the checksum that the segment before it ended with. */
  addChainStart(): void {
    this.#reserve(FRAMING_BYTES_MAX);
    this.#finishRecord(RecordType.CRC, this.#bodyStart(0), -1);
  }

  #addRecord(type: RecordType, body: Uint8Array): void {
    this.#reserve(FRAMING_BYTES_MAX + body.length);
    const bodyStart = this.#bodyStart(body.length);
    this.#bytes.set(body, bodyStart);
    this.#finishRecord(type, bodyStart, body.length);
  }

  /** Where the data of the next record begins if its checksum takes five bytes. */
  #bodyStart(bodySize: number): number {
    return (
      this.#length +
      FRAME_HEADER_BYTES +
      2 +
      1 +
      CRC_BYTES_MAX +
      1 +
      varintSize(Math.max(0, bodySize))
    );
  }

  /** Puts everything around a body that is in place. `bodySize` -1: there is no data field at all. */
  #finishRecord(type: RecordType, bodyStart: number, bodySize: number): void {
    const bytes = this.#bytes;
    const start = this.#length;
    if (bodySize > 0) {
      this.#crc = crc32c(this.#crc, bytes.subarray(bodyStart, bodyStart + bodySize));
    }
    let at = start + FRAME_HEADER_BYTES;
    bytes[at++] = Tag.TYPE;
    bytes[at++] = type;
    bytes[at++] = Tag.CRC;
    at = writeVarint(bytes, at, this.#crc);
    if (bodySize >= 0) {
      bytes[at++] = Tag.DATA;
      at = writeVarint(bytes, at, bodySize);
      if (at !== bodyStart) bytes.copyWithin(at, bodyStart, bodyStart + bodySize);
      at += bodySize;
    }
    const messageSize = at - start - FRAME_HEADER_BYTES;
    putFrameHeader(bytes, start, messageSize);
    for (let padding = paddingOf(messageSize); padding > 0; padding--) bytes[at++] = 0;
    this.#length = at;
  }
}

const AUTO_LEAVE_FALSE = Uint8Array.of(0x28, 0x00);
