import type { UnaryCall } from "@nodetcd/grpc";
import { HashKVRequest, HashKVResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { failCall } from "../wire/error-map.ts";

/** `etcdserverpb.Maintenance/HashKV`: over the history up to a revision; equal on all members. */
export function receiveHashKv(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { revision } = HashKVRequest.decode(bytes);
      member.store.hashKv(revision).then(
        ({ hash, compactRevision, hashRevision }) => {
          const header = member.headers.of(member.store.revision);
          call.reply(HashKVResponse.encode({ header, hash, compactRevision, hashRevision }));
        },
        (error: unknown) => failCall(call, error),
      );
    } catch (error) {
      failCall(call, error);
    }
  };
}
