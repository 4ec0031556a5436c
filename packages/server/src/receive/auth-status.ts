import { BUCKETS } from "@nodetcd/backend";
import type { UnaryCall } from "@nodetcd/grpc";
import { AuthStatusResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";

const REVISION_KEY = Buffer.from("authRevision");

/** How often users and roles were changed; 0 before the first time. */
export function authRevision({ backend }: MemberContext): number {
  const stored = backend.get(BUCKETS.auth, REVISION_KEY);
  return stored === undefined ? 0 : Number(Buffer.from(stored).readBigUInt64BE(0));
}

/** `etcdserverpb.Auth/AuthStatus`: authentication is not built yet, and so never enabled. */
export function receiveAuthStatus(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (_bytes, call) => {
    const header = member.headers.of(member.store.revision);
    call.reply(
      AuthStatusResponse.encode({ header, enabled: false, authRevision: authRevision(member) }),
    );
  };
}
