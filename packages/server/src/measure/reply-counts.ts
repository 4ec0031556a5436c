/** What etcd's log says of a reply, found without decoding it: it may have millions of pairs. */
import { varintSize, WireReader } from "@nodetcd/bytes";
import {
  DeleteRangeResponseTags,
  RangeResponseTags,
  ResponseHeaderTags,
  ResponseOpTags,
  TxnResponseTags,
} from "@nodetcd/messages";
import { COUNTED_REPLY_BYTES_MAX } from "../limits.ts";

const UNKNOWN = -1;

/** Pairs in a RangeResponse, and its count; -1 for both where it is too long to be looked through. */
export function countRange(reply: Uint8Array): { pairs: number; count: number } {
  if (reply.length > COUNTED_REPLY_BYTES_MAX) return { pairs: UNKNOWN, count: UNKNOWN };
  return countPairs(new WireReader(reply));
}

function countPairs(reader: WireReader): { pairs: number; count: number } {
  let [pairs, count] = [0, 0];
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === RangeResponseTags.count) count = reader.counter();
    else {
      if (tag === RangeResponseTags.kvs) pairs++;
      reader.skip(tag);
    }
  }
  return { pairs, count };
}

/** `deleted` of a DeleteRangeResponse: it comes before the pairs that were deleted. */
export function countDeleted(reply: Uint8Array): number {
  const reader = new WireReader(reply);
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === DeleteRangeResponseTags.deleted) return reader.counter();
    reader.skip(tag);
  }
  return 0;
}

/** The branch that a transaction took, and the pairs of each response in it: 0 for what is no range. */
interface TxnCounts {
  readonly succeeded: boolean;
  readonly pairs: readonly number[];
}

export const NOTHING: TxnCounts = { succeeded: false, pairs: [] };

export function countTxn(reply: Uint8Array): TxnCounts {
  const reader = new WireReader(reply);
  const isLong = reply.length > COUNTED_REPLY_BYTES_MAX;
  let succeeded = false;
  const pairs: number[] = [];
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === TxnResponseTags.succeeded) succeeded = reader.bool();
    else if (tag !== TxnResponseTags.responses) reader.skip(tag);
    else {
      const end = reader.delimited();
      if (isLong) pairs.push(UNKNOWN);
      else pairs.push(countInResponse(new WireReader(reply, reader.position, end)));
      reader.position = end;
    }
  }
  return { succeeded, pairs };
}

function countInResponse(reader: WireReader): number {
  if (reader.tag() !== ResponseOpTags.responseRange) return 0;
  const end = reader.delimited();
  return countPairs(new WireReader(reader.bytes, reader.position, end)).pairs;
}

/** The size of a response without its header, which comes first and is shorter than 128 bytes. */
export function sizeWithoutHeader(reply: Uint8Array): number {
  return reply.length - 2 - (reply[1] ?? 0);
}

/** The size of a response as etcd knows it while applying, when its header has the revision alone. */
export function bareSize(reply: Uint8Array): number {
  const header = reply[1] ?? 0;
  const reader = new WireReader(reply, 2, 2 + header);
  let bare = 0;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === ResponseHeaderTags.revision) bare = 1 + varintSize(reader.counter());
    else reader.skip(tag);
  }
  return sizeWithoutHeader(reply) + 2 + bare;
}
