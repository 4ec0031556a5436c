import { AuthError } from "@nodetcd/auth";
import { prefixEnd } from "@nodetcd/bytes";
import type { StreamCall } from "@nodetcd/grpc";
import { EventType, type LeaderRequest, NO_BYTES } from "@nodetcd/messages";
import type { StoredKeyValue } from "@nodetcd/mvcc";
import type { MemberContext } from "../member-context.ts";
import { CallScope } from "./call-scope.ts";
import type { ServerStreamHandler } from "./handler.ts";
import { leaderReply } from "./leader.ts";
import { firstCreated, prefixOf, readNow, RecipeCall, watchUntil } from "./recipes.ts";

/** The first key put under a prefix from a revision on; undefined when the client has gone. */
async function firstPut(
  by: RecipeCall,
  scope: CallScope,
  prefix: Uint8Array,
  startRevision: number,
): Promise<StoredKeyValue | undefined> {
  let found: StoredKeyValue | undefined;
  const range = { key: prefix, end: prefixEnd(prefix), startRevision };
  await watchUntil(by, scope, range, ({ type, keyValue }) => {
    if (type === EventType.PUT) found = keyValue;
    return found !== undefined;
  });
  return found;
}

/** Tells of each leader, and of what it proclaims, until the client goes away. */
async function observe(member: MemberContext, call: StreamCall, name: Uint8Array): Promise<void> {
  const scope = new CallScope(call);
  const by = new RecipeCall(member, call);
  const prefix = prefixOf(name);
  while (!scope.cancelled) {
    const read = await readNow(by, firstCreated(prefix));
    let { revision } = read;
    let leader = read.keyValues[0];
    if (leader === undefined) {
      leader = await firstPut(by, scope, prefix, revision);
      if (leader === undefined) return;
      revision = leader.modRevision;
    }
    if (!call.send(leaderReply(member, revision, leader))) await drained(call, scope);
    await tellUntilDeleted(by, call, scope, leader.key, revision);
  }
}

/** Tells of each value of a key after a revision; stops watching while the client takes nothing. */
async function tellUntilDeleted(
  by: RecipeCall,
  call: StreamCall,
  scope: CallScope,
  key: Uint8Array,
  toldRevision: number,
): Promise<void> {
  let told = toldRevision;
  let deleted = false;
  while (!deleted && !scope.cancelled) {
    const range = { key, end: NO_BYTES, startRevision: told + 1 };
    let full = false;
    await watchUntil(by, scope, range, ({ type, keyValue }, at) => {
      told = keyValue.modRevision;
      deleted = type === EventType.DELETE;
      if (!deleted) full = !call.send(leaderReply(by.member, at, keyValue));
      return deleted || full;
    });
    if (full) await drained(call, scope);
  }
}

/** Resolves when the stream takes more, or its client is gone. */
function drained(call: StreamCall, scope: CallScope): Promise<void> {
  return new Promise((resolve) => {
    call.onDrain = resolve;
    scope.whileWaiting(resolve);
  });
}

/** `v3electionpb.Election/Observe` */
export function receiveObserve(member: MemberContext): ServerStreamHandler<LeaderRequest> {
  return async ({ name }, call) => {
    try {
      await observe(member, call, name);
    } catch (error) {
      // etcd ends the stream of somebody who may not read, and does not say why.
      if (!(error instanceof AuthError)) throw error;
      call.finish();
    }
  };
}
