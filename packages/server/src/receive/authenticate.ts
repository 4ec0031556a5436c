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
  return async (request) => {
    await member.reads.wait();
    return logIn(member, request);
  };
}

async function logIn(
  member: MemberContext,
  request: AuthenticateRequest,
): Promise<AuthenticateResponse> {
  const { auth, logger, logins, proposer, tokens } = member;
  const { name, password } = request;
  try {
    const authRevision = await logins.checkPassword(name, password);
    const simpleToken = tokens.newHead();
    const reply = await proposer.proposeMessage({ authenticate: { name, simpleToken } });
    const response = AuthenticateResponse.decode(reply);
    if (auth.revision !== authRevision) {
      logger.info("revision when password checked became stale; retrying");
      return await logIn(member, request);
    }
    if (response.token !== "") return response;
    return { ...response, token: await tokens.sign({ user: name, authRevision }) };
  } catch (error) {
    if (error instanceof AuthError) {
      logger.warn("invalid authentication was requested", { user: name, error: error.message });
    }
    throw error;
  }
}
