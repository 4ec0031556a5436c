import { WireWriter } from "@nodetcd/bytes";
import { type LeaderRequest, type LeaderResponse, LeaderResponseTags } from "@nodetcd/messages";
import type { StoredKeyValue } from "@nodetcd/mvcc";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import type { UnaryHandler } from "./handler.ts";
import { firstCreated, prefixOf, readNow, RecipeCall } from "./recipes.ts";

/** A LeaderResponse; owned by the caller. */
export function leaderReply(
  member: MemberContext,
  revision: number,
  keyValue: StoredKeyValue,
): Uint8Array {
  const writer = new WireWriter();
  member.headers.write(writer, revision);
  writer.uint32(LeaderResponseTags.kv);
  writer.delimited(keyValue.bytes);
  return writer.finish();
}

/** `v3electionpb.Election/Leader` */
export function receiveLeader(member: MemberContext): UnaryHandler<LeaderRequest, LeaderResponse> {
  return async ({ name }, call) => {
    const by = new RecipeCall(member, call);
    const { revision, keyValues } = await readNow(by, firstCreated(prefixOf(name)));
    const found = keyValues[0];
    if (found === undefined) throw new RequestError("ELECTION_NO_LEADER");
    return leaderReply(member, revision, found);
  };
}
