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
  RecipeCall,
  sessionLease,
  waitForEarlier,
} from "./recipes.ts";

/** Queues up under the lock's name; the oldest key there holds it. */
async function lock(
  by: RecipeCall,
  request: LockRequest,
  scope: CallScope,
): Promise<Init<LockResponse>> {
  const lease = await sessionLease(by, request.lease);
  const prefix = prefixOf(request.name);
  const key = ownedKey(request.name, lease);
  const owner = { requestRange: firstCreated(prefix) };
  const response = await proposeTxn(by, {
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
  const withdraw = scope.withdrawal(() => proposeDelete(by, key));
  try {
    await waitForEarlier(by, scope, prefix, mine - 1);
    if (scope.cancelled) throw new RequestError("STOPPED");
  } catch (error) {
    await withdraw();
    throw error;
  }
  const { revision, keyValues } = await readNow(by, { key });
  if (keyValues.length === 0) throw new RequestError("SESSION_EXPIRED");
  return { header: by.member.headers.of(revision), key };
}

/** `v3lockpb.Lock/Lock`: answers when the lock is held. A client that goes away leaves the queue. */
export function receiveLock(member: MemberContext): UnaryHandler<LockRequest, LockResponse> {
  return (request, call) => lock(new RecipeCall(member, call), request, new CallScope(call));
}

/** `v3lockpb.Lock/Unlock`: deletes the key that Lock has answered. */
export function receiveUnlock(member: MemberContext): UnaryHandler<UnlockRequest, UnlockResponse> {
  return async ({ key }, call) => {
    if (key.length === 0) throw new RequestError("EMPTY_KEY");
    return { header: await proposeDelete(new RecipeCall(member, call), key) };
  };
}
