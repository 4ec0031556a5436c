import { BUCKETS } from "@nodetcd/backend";
import type { AuthStatusRequest, AuthStatusResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import type { UnaryHandler } from "./handler.ts";

const REVISION_KEY = Buffer.from("authRevision");

/** How often users and roles were changed; 0 before the first time. */
export function authRevision({ backend }: MemberContext): number {
  const stored = backend.get(BUCKETS.auth, REVISION_KEY);
  return stored === undefined ? 0 : Number(Buffer.from(stored).readBigUInt64BE(0));
}

/** `etcdserverpb.Auth/AuthStatus`: authentication is not built yet, and so never enabled. */
export function receiveAuthStatus(
  member: MemberContext,
): UnaryHandler<AuthStatusRequest, AuthStatusResponse> {
  return () => ({
    header: member.headers.of(member.store.revision),
    enabled: false,
    authRevision: authRevision(member),
  });
}
