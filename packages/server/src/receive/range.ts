import { RangeRequest } from "@nodetcd/messages";
import type { UnaryCall } from "@nodetcd/grpc";
import type { StoredKeyValue } from "@nodetcd/mvcc";
import { Slab, varintSize, writeVarint } from "@nodetcd/bytes";
import { applyRange } from "../apply/range.ts";
import type { MemberContext } from "../member-context.ts";
import { isLargeRange, readLargeRange } from "../read/large-range.ts";
import { failCall } from "../wire/error-map.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";
import { checkRangeRequest } from "./request-limits.ts";

const KEY_TAG = (1 << 3) | 2;
const SERIALIZABLE_TAG = 7 << 3;
const KVS_TAG = (2 << 3) | 2;
const COUNT_TAG = 4 << 3;

/** A request for the newest value of one key and nothing else, as nearly all are. */
interface PointRead {
  keyEnd: number;
  serializable: boolean;
}

/** Recognises `key` alone or `key, serializable`; false: use the general decoder. */
function decodePointRead(bytes: Uint8Array, into: PointRead): boolean {
  const length = bytes[1];
  if (bytes[0] !== KEY_TAG || length === undefined || length === 0 || length >= 0x80) return false;
  into.keyEnd = 2 + length;
  if (bytes.length === into.keyEnd) {
    into.serializable = false;
    return true;
  }
  into.serializable = bytes[into.keyEnd + 1] === 1;
  return (
    bytes.length === into.keyEnd + 2 && bytes[into.keyEnd] === SERIALIZABLE_TAG && into.serializable
  );
}

/** A RangeResponse of one pair or none: header, the stored bytes, count 1. Owned by the caller. */
function pointReply(
  headers: ResponseHeaders,
  slab: Slab,
  revision: number,
  found: StoredKeyValue | undefined,
): Uint8Array {
  if (found === undefined) return headers.reply(revision);
  const pair = found.bytes;
  const size = headers.size(revision) + 1 + varintSize(pair.length) + pair.length + 2;
  const reply = slab.take(size);
  let offset = headers.writeInto(reply, 0, revision);
  reply[offset++] = KVS_TAG;
  offset = writeVarint(reply, offset, pair.length);
  reply.set(pair, offset);
  offset += pair.length;
  reply[offset++] = COUNT_TAG;
  reply[offset] = 1;
  return reply;
}

/**
 * Answers `etcdserverpb.KV/Range` of one key, as nearly all are, where that can be done at once. False: it was
 * not answered.
 */
export function answerPointRead(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => boolean {
  const { store, headers, reads } = member;
  const slab = new Slab();
  const point: PointRead = { keyEnd: 0, serializable: false };
  return (bytes, call) => {
    try {
      if (!decodePointRead(bytes, point) || !(point.serializable || reads.ready)) return false;
      const found = store.get(bytes.subarray(2, point.keyEnd));
      call.reply(pointReply(headers, slab, store.revision, found));
    } catch (error) {
      failCall(call, error);
    }
    return true;
  };
}

/** `etcdserverpb.KV/Range` */
export function receiveRange(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      readRange(member, RangeRequest.decode(bytes), call);
    } catch (error) {
      failCall(call, error);
    }
  };
}

function readRange(member: MemberContext, request: RangeRequest, call: UnaryCall): void {
  checkRangeRequest(request);
  const answer = (): void => {
    if (isLargeRange(member, request)) {
      readLargeRange(member, request, () => !call.cancelled).then(
        (reply) => call.reply(reply),
        (error: unknown) => failCall(call, error),
      );
      return;
    }
    try {
      call.reply(applyRange(member.store, member.headers, request));
    } catch (error) {
      failCall(call, error);
    }
  };
  if (request.serializable) answer();
  else member.reads.request(answer, (error) => failCall(call, error));
}
