import { Slab, varint64Size, varintSize, writeVarint, writeVarint64 } from "@nodetcd/bytes";
import { RequestHeaderTags } from "@nodetcd/messages";
import type { Caller } from "./caller.ts";
import type { RequestIds } from "./request-id.ts";

/**
 * Field numbers of `InternalRaftRequest` whose content is the message that a client sends: its bytes
 * are embedded as they came.
 */
export const RequestField = {
  put: 4,
  deleteRange: 5,
  txn: 6,
  compaction: 7,
  leaseGrant: 8,
  leaseRevoke: 9,
  alarm: 10,
} as const;
export type RequestField = (typeof RequestField)[keyof typeof RequestField];

/** Tag bytes of field 100, `header`, length-delimited: varint of `(100 << 3) | 2`. */
const HEADER_TAG_0 = 0xa2;
const HEADER_TAG_1 = 0x06;

/**
 * The raft entry of a request: `InternalRaftRequest { <field> = request, header = { ID, username, auth_revision } }`,
 * fields in ascending order as etcd writes them. Worked example, a put of 3 bytes `p` by id 5, by nobody:
 *
 *     22 03 p p p   a2 06 02 08 05
 *
 * `request` is copied; the result is owned by the caller.
 */
export function encodeEntry(
  slab: Slab,
  field: RequestField,
  request: Uint8Array,
  ids: RequestIds,
  suffix: number,
  by: Caller,
): Uint8Array {
  const high = ids.high(suffix);
  const low = ids.low(suffix);
  const headerSize = 1 + varint64Size(high, low) + by.fields.length;
  const size = 1 + varintSize(request.length) + request.length + 2;
  const data = slab.take(size + varintSize(headerSize) + headerSize);
  data[0] = (field << 3) | 2;
  let offset = writeVarint(data, 1, request.length);
  data.set(request, offset);
  offset += request.length;
  data[offset++] = HEADER_TAG_0;
  data[offset++] = HEADER_TAG_1;
  offset = writeVarint(data, offset, headerSize);
  data[offset++] = RequestHeaderTags.id;
  offset = writeVarint64(data, offset, high, low);
  if (by.fields.length > 0) data.set(by.fields, offset);
  return data;
}

/** What the hot decoder found; one is kept and overwritten, see `decodePutEntry`. */
export interface PutEntry {
  /** Where the PutRequest begins and ends in the entry's data. */
  start: number;
  end: number;
  /** The request's id, as two unsigned halves. */
  idHigh: number;
  idLow: number;
  /** Where in the data the header says who the caller is; nothing for nobody. */
  callerStart: number;
  callerEnd: number;
}

/**
 * Recognises the entry of a put exactly as `encodeEntry` (or etcd) writes it.
 * False: it is something else, or written differently; use the general decoder.
 */
export function decodePutEntry(data: Uint8Array, into: PutEntry): boolean {
  if (data[0] !== ((RequestField.put << 3) | 2)) return false;
  let offset = 1;
  let length = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = data[offset++];
    if (byte === undefined) return false;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
    if (shift === 21) return false;
  }
  into.start = offset;
  into.end = offset + length;
  offset = into.end;
  if (data[offset] !== HEADER_TAG_0 || data[offset + 1] !== HEADER_TAG_1) return false;
  const headerEnd = offset + 3 + data[offset + 2]!;
  if (headerEnd !== data.length || data[offset + 3] !== RequestHeaderTags.id) return false;
  const idEnd = decodeId(data, offset + 4, headerEnd, into);
  if (idEnd < 0) return false;
  into.callerStart = idEnd;
  into.callerEnd = headerEnd;
  const next = data[idEnd];
  return (
    idEnd === headerEnd ||
    next === RequestHeaderTags.username ||
    next === RequestHeaderTags.authRevision
  );
}

/** Where the id ends; -1: there is none. */
function decodeId(data: Uint8Array, offset: number, end: number, into: PutEntry): number {
  let low = 0;
  let high = 0;
  let shift = 0;
  for (; offset < end && shift < 70; shift += 7) {
    const byte = data[offset++]!;
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high = bits >>> 4;
    } else if (shift < 63) high |= bits << (shift - 32);
    else high |= (bits & 1) << 31;
    if (byte < 0x80) {
      into.idLow = low >>> 0;
      into.idHigh = high >>> 0;
      return offset;
    }
  }
  return -1;
}
