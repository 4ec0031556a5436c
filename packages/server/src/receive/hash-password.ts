import { checkPasswordLength } from "@nodetcd/auth";
import type { Init, InternalRaftRequest } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import type { ClientCall, UnaryHandler } from "./handler.ts";

interface WithPassword {
  readonly password: string;
}

/**
 * A request with a password: hashed here, where it was received, so that the password itself is never in the
 * log. Hashing is dear, so who may not administer is refused before it: he would be where it is applied.
 */
export function hashing<Request extends WithPassword>(
  member: MemberContext,
  hash: (request: Request) => Promise<Request>,
  entry: (request: Request) => Init<InternalRaftRequest>,
): UnaryHandler<Request, never> {
  const { access, auth, reads, proposer } = member;
  return async (request, call: ClientCall): Promise<Uint8Array> => {
    if (request.password !== "") checkPasswordLength(request.password);
    if (!auth.isAdmin(call.caller)) {
      // Perhaps he is since a moment ago, and this member does not know it yet.
      await reads.wait();
      auth.checkAdmin(await access.identify(call));
    }
    const hashed = await hash(request);
    return proposer.proposeMessage(entry(hashed), await access.identify(call));
  };
}
