import type {
  LeaderKey,
  ProclaimRequest,
  ProclaimResponse,
  ResignRequest,
  ResignResponse,
  ResponseHeader,
} from "@nodetcd/messages";
import { RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import type { UnaryHandler } from "./handler.ts";
import { createdAt, proposeTxn, RecipeCall, sessionLease } from "./recipes.ts";

function givenKey(leader: LeaderKey | undefined): LeaderKey {
  if (leader === undefined) throw new RequestError("MISSING_LEADER_KEY");
  if (leader.key.length === 0) throw new RequestError("EMPTY_KEY");
  return leader;
}

/** Changes what a leader says of itself, if it still leads. */
export async function proclaim(
  by: RecipeCall,
  leader: LeaderKey,
  value: Uint8Array,
): Promise<ResponseHeader | undefined> {
  const lease = await sessionLease(by, leader.lease);
  const response = await proposeTxn(by, {
    compare: [createdAt(leader.key, leader.rev)],
    success: [{ requestPut: { key: leader.key, value, lease } }],
  });
  if (!response.succeeded) throw new RequestError("ELECTION_NOT_LEADER");
  return response.header;
}

/** Gives up leadership or candidacy; nothing happens when it is lost already. */
export async function resign(
  by: RecipeCall,
  leader: LeaderKey,
): Promise<ResponseHeader | undefined> {
  const response = await proposeTxn(by, {
    compare: [createdAt(leader.key, leader.rev)],
    success: [{ requestDeleteRange: { key: leader.key } }],
  });
  return response.header;
}

/** `v3electionpb.Election/Proclaim` */
export function receiveProclaim(
  member: MemberContext,
): UnaryHandler<ProclaimRequest, ProclaimResponse> {
  return async ({ leader, value }, call) => ({
    header: await proclaim(new RecipeCall(member, call), givenKey(leader), value),
  });
}

/** `v3electionpb.Election/Resign` */
export function receiveResign(member: MemberContext): UnaryHandler<ResignRequest, ResignResponse> {
  return async ({ leader }, call) => ({
    header: await resign(new RecipeCall(member, call), givenKey(leader)),
  });
}
