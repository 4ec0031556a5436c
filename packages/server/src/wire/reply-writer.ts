import { WireWriter } from "@nodetcd/bytes";
import type { StoredKeyValue } from "@nodetcd/mvcc";

/** Tag of field 1 of every response: its header. */
const HEADER_TAG = (1 << 3) | 2;
const REVISION_TAG = 3 << 3;

/** One writer is enough: replies are built synchronously, one at a time. */
export const replyWriter: WireWriter = new WireWriter(64 * 1024);

/** The header of an operation inside a transaction: its revision alone, or nothing at all. */
export function writeInnerHeader(writer: WireWriter, revision: number): void {
  writer.uint32(HEADER_TAG);
  const mark = writer.beginDelimited();
  if (revision > 0) {
    writer.uint32(REVISION_TAG);
    writer.counter(revision);
  }
  writer.endDelimited(mark);
}

const PREV_KV_TAG = (2 << 3) | 2;

/** The rest of a PutResponse. */
export function writePut(writer: WireWriter, previous: StoredKeyValue | undefined): void {
  if (previous === undefined) return;
  writer.uint32(PREV_KV_TAG);
  writer.delimited(previous.bytes);
}

const DELETED_TAG = 2 << 3;
const PREV_KVS_TAG = (3 << 3) | 2;

/** A DeleteRangeResponse behind its header, without the pairs that were deleted. */
export function writeDeleted(writer: WireWriter, deleted: number): void {
  if (deleted === 0) return;
  writer.uint32(DELETED_TAG);
  writer.counter(deleted);
}

/** One of the pairs of a DeleteRangeResponse. */
export function writePrevious(writer: WireWriter, { bytes }: StoredKeyValue): void {
  writer.uint32(PREV_KVS_TAG);
  writer.delimited(bytes);
}
