import type { UnaryCall } from "@nodetcd/grpc";
import { HashKVRequest, HashKVResponse } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { failCall } from "./error-to-status.ts";

/** `etcdserverpb.Maintenance/HashKV`: over the history up to a revision; equal on all members. */
export function receiveHashKv(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { revision } = HashKVRequest.decode(bytes);
      core.store.hashKv(revision).then(
        ({ hash, compactRevision, hashRevision }) => {
          const header = core.headers.of(core.store.revision);
          call.reply(HashKVResponse.encode({ header, hash, compactRevision, hashRevision }));
        },
        (error: unknown) => failCall(call, error),
      );
    } catch (error) {
      failCall(call, error);
    }
  };
}
