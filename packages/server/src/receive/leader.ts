import { WireWriter } from "@nodetcd/bytes";
import type { UnaryCall } from "@nodetcd/grpc";
import { LeaderRequest } from "@nodetcd/messages";
import type { StoredKeyValue } from "@nodetcd/mvcc";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";
import { failRecipe } from "./lock.ts";
import { firstCreated, prefixOf, readNow } from "./recipes.ts";

const KV_TAG = (2 << 3) | 2;

/** A LeaderResponse; owned by the caller. */
export function leaderReply(
  member: MemberContext,
  revision: number,
  keyValue: StoredKeyValue,
): Uint8Array {
  const writer = new WireWriter();
  member.headers.write(writer, revision);
  writer.uint32(KV_TAG);
  writer.delimited(keyValue.bytes);
  return writer.finish();
}

async function leader(member: MemberContext, { name }: LeaderRequest): Promise<Uint8Array> {
  const { revision, keyValues } = await readNow(member, firstCreated(prefixOf(name)));
  const found = keyValues[0];
  if (found === undefined) throw new RequestError("ELECTION_NO_LEADER");
  return leaderReply(member, revision, found);
}

/** `v3electionpb.Election/Leader` */
export function receiveLeader(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      leader(member, LeaderRequest.decode(bytes)).then(
        (reply) => call.reply(reply),
        (error: unknown) => failRecipe(call, error),
      );
    } catch (error) {
      failCall(call, error);
    }
  };
}
