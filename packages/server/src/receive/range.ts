import { Slab, varintSize, writeVarint } from "@nodetcd/bytes";
import { checkRange } from "@nodetcd/auth";
import {
  NO_BYTES,
  type RangeRequest,
  RangeRequestTags,
  type RangeResponse,
  RangeResponseTags,
} from "@nodetcd/messages";
import type { StoredKeyValue } from "@nodetcd/mvcc";
import { readSmallRange } from "../apply/range.ts";
import { RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import { readLargeRange } from "../read/large-range.ts";
import { failCall } from "../wire/error-map.ts";
import type { Caller } from "../wire/caller.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";
import { withCaller } from "../access.ts";
import type { QuickHandler } from "./dispatcher.ts";
import { type ClientCall, PENDING, type UnaryHandler } from "./handler.ts";
import { checkRangeRequest } from "./request-limits.ts";

/** A request for the newest value of one key and nothing else, as nearly all are. */
interface PointRead {
  keyEnd: number;
  serializable: boolean;
}

/** Recognises `key` alone or `key, serializable`; false: use the general decoder. */
function decodePointRead(bytes: Uint8Array, into: PointRead): boolean {
  const length = bytes[1];
  if (bytes[0] !== RangeRequestTags.key || length === undefined || length === 0 || length >= 0x80)
    return false;
  into.keyEnd = 2 + length;
  if (bytes.length === into.keyEnd) {
    into.serializable = false;
    return true;
  }
  into.serializable = bytes[into.keyEnd + 1] === 1;
  return (
    bytes.length === into.keyEnd + 2 &&
    bytes[into.keyEnd] === RangeRequestTags.serializable &&
    into.serializable
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
  reply[offset++] = RangeResponseTags.kvs;
  offset = writeVarint(reply, offset, pair.length);
  reply.set(pair, offset);
  offset += pair.length;
  reply[offset++] = RangeResponseTags.count;
  reply[offset] = 1;
  return reply;
}

/** Answers `etcdserverpb.KV/Range` of one key, as nearly all are, where that can be done at once. */
export function answerPointRead(member: MemberContext): QuickHandler {
  const { access, auth, store, headers, reads } = member;
  const slab = new Slab();
  const point: PointRead = { keyEnd: 0, serializable: false };
  return (bytes, call) => {
    try {
      if (!decodePointRead(bytes, point) || !(point.serializable || reads.ready)) return false;
      const key = bytes.subarray(2, point.keyEnd);
      if (auth.enabled) {
        const caller = access.identifyNow(call);
        if (caller === undefined) return false;
        auth.checkKeys(caller, key, NO_BYTES, "read");
        auth.checkUnchanged(caller);
      }
      const found = store.get(key);
      call.reply(pointReply(headers, slab, store.revision, found));
    } catch (error) {
      failCall(call, error);
    }
    return true;
  };
}

/** `etcdserverpb.KV/Range` */
export function receiveRange(member: MemberContext): UnaryHandler<RangeRequest, RangeResponse> {
  const { access, auth } = member;
  const answer = (request: RangeRequest, call: ClientCall, caller: Caller): void => {
    checkRange(auth, caller, request);
    const reply =
      readSmallRange(member.store, member.headers, request) ??
      readLargeRange(member, request, () => !call.cancelled);
    const send = (bytes: Uint8Array): void => {
      // What was read may have been taken from him while it was read.
      auth.checkUnchanged(caller);
      call.reply(bytes);
    };
    if (reply instanceof Uint8Array) send(reply);
    else reply.then(send).catch((error: unknown) => failCall(call, error));
  };

  return (request, call) => {
    checkRangeRequest(request);
    // Reads are many: no promise for each of them.
    const fail = (error: unknown): void => failCall(call, error);
    const go = (): void =>
      withCaller(access, call, (caller) => answer(request, call, caller), fail);
    if (request.serializable) {
      go();
      return PENDING;
    }
    if (member.raft.isLearner) throw new RequestError("LEARNER");
    member.reads.request(go, fail);
    return PENDING;
  };
}
