import type { UnaryCall } from "@nodetcd/grpc";
import {
  type LeaderKey,
  ResignRequest,
  ResignResponse,
  type ResponseHeader,
} from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";
import { failRecipe } from "./lock.ts";
import { createdAt, proposeTxn } from "./recipes.ts";

/** Gives up leadership or candidacy; nothing happens when it is lost already. */
export async function resign(
  member: MemberContext,
  leader: LeaderKey,
): Promise<ResponseHeader | undefined> {
  if (leader.key.length === 0) throw new RequestError("EMPTY_KEY");
  const response = await proposeTxn(member, {
    compare: [createdAt(leader.key, leader.rev)],
    success: [{ requestDeleteRange: { key: leader.key } }],
  });
  return response.header;
}

/** `v3electionpb.Election/Resign` */
export function receiveResign(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { leader } = ResignRequest.decode(bytes);
      if (leader === undefined) throw new RequestError("MISSING_LEADER_KEY");
      resign(member, leader).then(
        (header) => call.reply(ResignResponse.encode({ header })),
        (error: unknown) => failRecipe(call, error),
      );
    } catch (error) {
      failCall(call, error);
    }
  };
}
