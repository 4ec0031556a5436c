import { BUCKETS, type BucketName } from "@nodetcd/backend";
import type { UnaryCall } from "@nodetcd/grpc";
import { HashResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { failCall } from "../wire/error-map.ts";

/** Records of `meta` that differ between members that hold the same data. */
const IGNORED = new Set(["consistent_index", "term", "storageVersion"]);

function isIgnored(bucket: BucketName, key: Uint8Array): boolean {
  return bucket === BUCKETS.meta && IGNORED.has(Buffer.from(key).toString());
}

/** `etcdserverpb.Maintenance/Hash`: over the whole database; for debugging. */
export function receiveHash(member: MemberContext): (request: Uint8Array, call: UnaryCall) => void {
  return (_bytes, call) => {
    member.backend.hash(isIgnored).then(
      (hash) => {
        call.reply(HashResponse.encode({ header: member.headers.of(member.store.revision), hash }));
      },
      (error: unknown) => failCall(call, error),
    );
  };
}
