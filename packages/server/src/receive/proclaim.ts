import type { UnaryCall } from "@nodetcd/grpc";
import {
  type LeaderKey,
  ProclaimRequest,
  ProclaimResponse,
  type ResponseHeader,
} from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "./error-to-status.ts";
import { failRecipe } from "./lock.ts";
import { createdAt, proposeTxn, sessionLease } from "./own-requests.ts";

/** Changes what a leader says of itself, if it still leads. */
export async function proclaim(
  core: Core,
  leader: LeaderKey,
  value: Uint8Array,
): Promise<ResponseHeader | undefined> {
  if (leader.key.length === 0) throw new RequestError("EMPTY_KEY");
  const lease = await sessionLease(core, leader.lease);
  const response = await proposeTxn(core, {
    compare: [createdAt(leader.key, leader.rev)],
    success: [{ requestPut: { key: leader.key, value, lease } }],
  });
  if (!response.succeeded) throw new RequestError("ELECTION_NOT_LEADER");
  return response.header;
}

/** `v3electionpb.Election/Proclaim` */
export function receiveProclaim(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { leader, value } = ProclaimRequest.decode(bytes);
      if (leader === undefined) throw new RequestError("MISSING_LEADER_KEY");
      proclaim(core, leader, value).then(
        (header) => call.reply(ProclaimResponse.encode({ header })),
        (error: unknown) => failRecipe(call, error),
      );
    } catch (error) {
      failCall(call, error);
    }
  };
}
