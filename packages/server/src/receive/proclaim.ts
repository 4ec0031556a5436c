import type { UnaryCall } from "@nodetcd/grpc";
import {
  type LeaderKey,
  ProclaimRequest,
  ProclaimResponse,
  type ResponseHeader,
} from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";
import { failRecipe } from "./lock.ts";
import { createdAt, proposeTxn, sessionLease } from "./recipes.ts";

/** Changes what a leader says of itself, if it still leads. */
export async function proclaim(
  member: MemberContext,
  leader: LeaderKey,
  value: Uint8Array,
): Promise<ResponseHeader | undefined> {
  if (leader.key.length === 0) throw new RequestError("EMPTY_KEY");
  const lease = await sessionLease(member, leader.lease);
  const response = await proposeTxn(member, {
    compare: [createdAt(leader.key, leader.rev)],
    success: [{ requestPut: { key: leader.key, value, lease } }],
  });
  if (!response.succeeded) throw new RequestError("ELECTION_NOT_LEADER");
  return response.header;
}

/** `v3electionpb.Election/Proclaim` */
export function receiveProclaim(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { leader, value } = ProclaimRequest.decode(bytes);
      if (leader === undefined) throw new RequestError("MISSING_LEADER_KEY");
      proclaim(member, leader, value).then(
        (header) => call.reply(ProclaimResponse.encode({ header })),
        (error: unknown) => failRecipe(call, error),
      );
    } catch (error) {
      failCall(call, error);
    }
  };
}
