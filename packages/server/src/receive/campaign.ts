import { equalBytes } from "@nodetcd/bytes";
import type { CampaignRequest, CampaignResponse, Init } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { CallScope } from "./call-scope.ts";
import type { UnaryHandler } from "./handler.ts";
import {
  createdAt,
  ownedKey,
  prefixOf,
  proposeTxn,
  RecipeCall,
  sessionLease,
  waitForEarlier,
} from "./recipes.ts";
import { proclaim, resign } from "./proclaim.ts";

/** Puts a candidate's key under the election's name; the oldest key there leads. */
async function campaign(
  by: RecipeCall,
  request: CampaignRequest,
  scope: CallScope,
): Promise<Init<CampaignResponse>> {
  const { name, value } = request;
  const lease = await sessionLease(by, request.lease);
  const key = ownedKey(name, lease);
  const response = await proposeTxn(by, {
    compare: [createdAt(key, 0)],
    success: [{ requestPut: { key, value, lease } }],
    failure: [{ requestRange: { key } }],
  });
  const present = response.responses[0]?.responseRange?.kvs[0];
  const rev = present?.createRevision ?? response.header?.revision ?? 0;
  const leader = { name, key, rev, lease };
  const withdraw = scope.withdrawal(() => resign(by, leader));
  try {
    // The same candidate with something new to say.
    if (present !== undefined && !equalBytes(present.value, value)) {
      await proclaim(by, leader, value);
    }
    await waitForEarlier(by, scope, prefixOf(name), rev - 1);
    if (scope.cancelled) throw new RequestError("STOPPED");
  } catch (error) {
    // As etcd: who is refused while he waits keeps his place until his lease ends, and finds it when he asks again.
    if (scope.cancelled) await withdraw();
    throw error;
  }
  return { header: response.header, leader };
}

/** `v3electionpb.Election/Campaign`: answers when elected. A client that goes away withdraws. */
export function receiveCampaign(
  member: MemberContext,
): UnaryHandler<CampaignRequest, CampaignResponse> {
  return (request, call) => campaign(new RecipeCall(member, call), request, new CallScope(call));
}
