import type {
  Init,
  LockRequest,
  LockResponse,
  UnlockRequest,
  UnlockResponse,
} from "@nodetcd/messages";
import { RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import { CallScope } from "./call-scope.ts";
import type { UnaryHandler } from "./handler.ts";
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

/** Queues up under the lock's name; the oldest key there holds it. */
async function lock(
  member: MemberContext,
  request: LockRequest,
  scope: CallScope,
): Promise<Init<LockResponse>> {
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
    return { header: response.header, key };
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
  return { header: member.headers.of(revision), key };
}

/** `v3lockpb.Lock/Lock`: answers when the lock is held. A client that goes away leaves the queue. */
export function receiveLock(member: MemberContext): UnaryHandler<LockRequest, LockResponse> {
  return (request, call) => lock(member, request, new CallScope(call));
}

/** `v3lockpb.Lock/Unlock`: deletes the key that Lock has answered. */
export function receiveUnlock(member: MemberContext): UnaryHandler<UnlockRequest, UnlockResponse> {
  return async ({ key }) => {
    if (key.length === 0) throw new RequestError("EMPTY_KEY");
    return { header: await proposeDelete(member, key) };
  };
}
