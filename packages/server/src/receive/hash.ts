import { BUCKETS, type BucketName } from "@nodetcd/backend";
import type { HashKVRequest, HashKVResponse, HashRequest, HashResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import type { UnaryHandler } from "./handler.ts";

/** Records of `meta` that differ between members that hold the same data. */
const IGNORED = new Set(["consistent_index", "term", "storageVersion"]);

function isIgnored(bucket: BucketName, key: Uint8Array): boolean {
  return bucket === BUCKETS.meta && IGNORED.has(Buffer.from(key).toString());
}

/** `etcdserverpb.Maintenance/Hash`: over the whole database; for debugging. */
export function receiveHash(member: MemberContext): UnaryHandler<HashRequest, HashResponse> {
  return async () => {
    const hash = await member.backend.hash(isIgnored);
    return { header: member.headers.of(member.store.revision), hash };
  };
}

/** `etcdserverpb.Maintenance/HashKV`: over the history up to a revision; equal on all members. */
export function receiveHashKv(member: MemberContext): UnaryHandler<HashKVRequest, HashKVResponse> {
  return async ({ revision }) => {
    const hashed = await member.store.hashKv(revision);
    return { header: member.headers.of(member.store.revision), ...hashed };
  };
}
