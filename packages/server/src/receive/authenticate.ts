import { AuthError } from "@nodetcd/auth";
import { type AuthenticateRequest, AuthenticateResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import type { UnaryHandler } from "./handler.ts";

/**
 * `etcdserverpb.Auth/Authenticate`: the password is checked here, and only a right one goes to the log (without itself), so
 * that each member learns of the token.
 */
export function receiveAuthenticate(
  member: MemberContext,
): UnaryHandler<AuthenticateRequest, AuthenticateResponse> {
  return async (request, call) => {
    await member.reads.wait();
    return logIn(member, request, call.peer);
  };
}

async function logIn(
  member: MemberContext,
  request: AuthenticateRequest,
  peer: string,
): Promise<AuthenticateResponse> {
  const { auth, logger, logins, proposer, tokens } = member;
  const { name, password } = request;
  try {
    const authRevision = await logins.checkPassword(name, password, addressOf(peer));
    const simpleToken = tokens.newHead();
    const reply = await proposer.proposeMessage({ authenticate: { name, simpleToken } });
    const response = AuthenticateResponse.decode(reply);
    if (auth.revision !== authRevision) {
      logger.info("revision when password checked became stale; retrying");
      return await logIn(member, request, peer);
    }
    if (response.token !== "") return response;
    return { ...response, token: await tokens.sign({ user: name, authRevision }) };
  } catch (error) {
    if (error instanceof AuthError) {
      logger.warn("invalid authentication was requested", {
        user: name,
        "remote-addr": peer,
        error: error.message,
      });
    }
    throw error;
  }
}

/** Where a client is, without its port, which it may choose; "" for what has no address. */
function addressOf(peer: string): string {
  const bare = /^\[(.*)\]:\d+$/.exec(peer)?.[1] ?? /^([^:]*):\d+$/.exec(peer)?.[1] ?? peer;
  return /[.:]/.test(bare) ? bare : "";
}
