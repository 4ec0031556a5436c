import { Status, type UnaryCall } from "@nodetcd/grpc";
import { LockRequest, LockResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { CallScope } from "./call-scope.ts";
import { errorText, failCall, toRequestError } from "../wire/error-map.ts";
import {
  createdAt,
  firstCreated,
  ownedKey,
  prefixOf,
  proposeDelete,
  proposeTxn,
  readNow,
  sessionLease,
  waitForEarlier,
} from "./recipes.ts";

/**
 * Refusals inside Lock and Election come from etcd's own client there, which loses their code:
 * clients see Unknown with the right text.
 */
export function failRecipe(call: UnaryCall, error: unknown): void {
  call.fail(Status.UNKNOWN, errorText(toRequestError(error)));
}

/** Queues up under the lock's name; the oldest key there holds it. */
async function lock(
  member: MemberContext,
  request: LockRequest,
  scope: CallScope,
): Promise<Uint8Array> {
  const lease = await sessionLease(member, request.lease);
  const prefix = prefixOf(request.name);
  const key = ownedKey(request.name, lease);
  const owner = { requestRange: firstCreated(prefix) };
  const response = await proposeTxn(member, {
    compare: [createdAt(key, 0)],
    success: [{ requestPut: { key, lease } }, owner],
    failure: [{ requestRange: { key } }, owner],
  });
  const present = response.responses[0]?.responseRange?.kvs[0];
  const mine = present?.createRevision ?? response.header?.revision ?? 0;
  const holder = response.responses[1]?.responseRange?.kvs[0];
  if (holder === undefined || holder.createRevision === mine) {
    return LockResponse.encode({ header: response.header, key });
  }
  const withdraw = scope.withdrawal(() => proposeDelete(member, key));
  try {
    await waitForEarlier(member, scope, prefix, mine - 1);
    if (scope.cancelled) throw new RequestError("STOPPED");
  } catch (error) {
    await withdraw();
    throw error;
  }
  const { revision, keyValues } = await readNow(member, { key });
  if (keyValues.length === 0) throw new RequestError("SESSION_EXPIRED");
  return LockResponse.encode({ header: member.headers.of(revision), key });
}

/** `v3lockpb.Lock/Lock`: answers when the lock is held. A client that goes away leaves the queue. */
export function receiveLock(member: MemberContext): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const request = LockRequest.decode(bytes);
      lock(member, request, new CallScope(call)).then(
        (reply) => call.reply(reply),
        (error: unknown) => failRecipe(call, error),
      );
    } catch (error) {
      failCall(call, error);
    }
  };
}
