import { prefixEnd } from "@nodetcd/bytes";
import type { StreamCall } from "@nodetcd/grpc";
import { EventType, LeaderRequest, NO_BYTES } from "@nodetcd/messages";
import type { StoredKeyValue } from "@nodetcd/mvcc";
import type { Core } from "../core.ts";
import { CallScope } from "./call-scope.ts";
import { failCall } from "./error-to-status.ts";
import { leaderReply } from "./leader.ts";
import { firstCreated, prefixOf, readNow, watchUntil } from "./own-requests.ts";

/** The first key put under a prefix from a revision on; undefined when the client has gone. */
async function firstPut(
  core: Core,
  scope: CallScope,
  prefix: Uint8Array,
  startRevision: number,
): Promise<StoredKeyValue | undefined> {
  let found: StoredKeyValue | undefined;
  const range = { key: prefix, end: prefixEnd(prefix), startRevision };
  await watchUntil(core, scope, range, ({ type, keyValue }) => {
    if (type === EventType.PUT) found = keyValue;
    return found !== undefined;
  });
  return found;
}

/** Tells of each leader, and of what it proclaims, until the client goes away. */
async function observe(core: Core, call: StreamCall, name: Uint8Array): Promise<void> {
  const scope = new CallScope(call);
  const prefix = prefixOf(name);
  while (!scope.cancelled) {
    const read = await readNow(core, firstCreated(prefix));
    let { revision } = read;
    let leader = read.keyValues[0];
    if (leader === undefined) {
      leader = await firstPut(core, scope, prefix, revision);
      if (leader === undefined) return;
      revision = leader.modRevision;
    }
    call.send(leaderReply(core, revision, leader));
    const range = { key: leader.key, end: NO_BYTES, startRevision: revision + 1 };
    await watchUntil(core, scope, range, (event, at) => {
      if (event.type === EventType.DELETE) return true;
      call.send(leaderReply(core, at, event.keyValue));
      return false;
    });
  }
}

/** `v3electionpb.Election/Observe` */
export function receiveObserve(core: Core): (call: StreamCall) => void {
  return (call) => {
    call.onMessage = (bytes) => {
      try {
        const { name } = LeaderRequest.decode(bytes);
        observe(core, call, name).catch((error: unknown) => failCall(call, error));
      } catch (error) {
        failCall(call, error);
      }
    };
  };
}
