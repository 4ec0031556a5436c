import { BUCKETS } from "@nodetcd/backend";
import type { UnaryCall } from "@nodetcd/grpc";
import { AuthStatusResponse } from "@nodetcd/messages";
import type { Core } from "../core.ts";

const REVISION_KEY = Buffer.from("authRevision");

/** How often users and roles were changed; 0 before the first time. */
export function authRevision({ backend }: Core): number {
  const stored = backend.get(BUCKETS.auth, REVISION_KEY);
  return stored === undefined ? 0 : Number(Buffer.from(stored).readBigUInt64BE(0));
}

/** `etcdserverpb.Auth/AuthStatus`: authentication is not built yet, and so never enabled. */
export function receiveAuthStatus(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (_bytes, call) => {
    const header = core.headers.of(core.store.revision);
    call.reply(
      AuthStatusResponse.encode({ header, enabled: false, authRevision: authRevision(core) }),
    );
  };
}
