import type { UnaryCall } from "@nodetcd/grpc";
import { UnlockRequest, UnlockResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";
import { failRecipe } from "./lock.ts";
import { proposeDelete } from "./recipes.ts";

async function unlock(member: MemberContext, { key }: UnlockRequest): Promise<Uint8Array> {
  if (key.length === 0) throw new RequestError("EMPTY_KEY");
  return UnlockResponse.encode({ header: await proposeDelete(member, key) });
}

/** `v3lockpb.Lock/Unlock`: deletes the key that Lock has answered. */
export function receiveUnlock(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      unlock(member, UnlockRequest.decode(bytes)).then(
        (reply) => call.reply(reply),
        (error: unknown) => failRecipe(call, error),
      );
    } catch (error) {
      failCall(call, error);
    }
  };
}
