import type { UnaryCall } from "@nodetcd/grpc";
import { UnlockRequest, UnlockResponse } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "./error-to-status.ts";
import { failRecipe } from "./lock.ts";
import { proposeDelete } from "./own-requests.ts";

async function unlock(core: Core, { key }: UnlockRequest): Promise<Uint8Array> {
  if (key.length === 0) throw new RequestError("EMPTY_KEY");
  return UnlockResponse.encode({ header: await proposeDelete(core, key) });
}

/** `v3lockpb.Lock/Unlock`: deletes the key that Lock has answered. */
export function receiveUnlock(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      unlock(core, UnlockRequest.decode(bytes)).then(
        (reply) => call.reply(reply),
        (error: unknown) => failRecipe(call, error),
      );
    } catch (error) {
      failCall(call, error);
    }
  };
}
