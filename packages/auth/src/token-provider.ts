import { type Clock, type Logger, type Random, silentLogger } from "@nodetcd/runtime";
import type { AuthStore } from "./auth-store.ts";
import { AuthError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import { type KeySource, readJwtKeys } from "./jwt-keys.ts";
import { JwtTokens } from "./jwt-tokens.ts";
import { TOKEN_BYTES_MAX } from "./limits.ts";
import { SimpleTokens } from "./simple-tokens.ts";
import { parseTokenOptions } from "./token-options.ts";

/** What a member's tokens are; each member has its own, by its options. */
export interface TokenProvider {
  /** What a login proposes besides the name: random letters of a simple token, else nothing. */
  newHead(): string;
  /**
   * Applies a login, at every member. `index` is the consistent index before the entry. Answers the
   * token, or nothing where the member that was asked signs one (`sign`).
   */
  assign(user: string, head: string, index: number): string | undefined;
  /** A signed token, where `assign` answers none. */
  sign(identity: Identity): Promise<string>;
  /**
   * The place of the log that has to be applied before `identityOf` can answer; undefined: at once. A
   * place beyond what is committed is a forgery, not to be waited for.
   */
  indexOf(token: string): number | undefined;
  /** Who a token is of. Raises or rejects with `INVALID_AUTH_TOKEN`. */
  identityOf(token: string): Identity | Promise<Identity>;
}

export interface TokenProviderOptions extends KeySource {
  readonly auth: AuthStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger | undefined;
  /** As of `--auth-token`; see `parseTokenOptions`. */
  readonly token: string;
  /** Life of a simple token after its last use; 0 is the default, 300. */
  readonly ttlSeconds: number;
}

/** Makes what `--auth-token` says. Raises `INVALID_OPTIONS`. */
export function openTokenProvider(options: TokenProviderOptions): TokenProvider {
  const { auth, clock, random, logger = silentLogger } = options;
  const parsed = parseTokenOptions(options.token);
  if (parsed.kind === "simple") {
    logger.warn("simple token is not cryptographically signed");
    return simpleProvider(auth, new SimpleTokens(clock, random, options.ttlSeconds));
  }
  if (parsed.kind === "none") return NO_TOKENS;
  if (parsed.unknown.length > 0) logger.warn("unknown JWT options", { keys: parsed.unknown });
  const { method, ttlMs } = parsed;
  const keys = readJwtKeys(parsed, options);
  return jwtProvider(new JwtTokens({ method, ttlMs, keys, clock, logger }));
}

function simpleProvider(auth: AuthStore, tokens: SimpleTokens): TokenProvider {
  auth.tokens = tokens;
  return {
    newHead: () => tokens.newHead(),
    assign: (user, head, index) => tokens.assign(user, head, index),
    sign: () => Promise.reject(new AuthError("VERIFY_ONLY")),
    indexOf: (token) => (tokens.has(token) ? undefined : SimpleTokens.indexOf(token)),
    identityOf(token) {
      const user = token.length > TOKEN_BYTES_MAX ? undefined : tokens.userOf(token);
      if (user === undefined) throw new AuthError("INVALID_AUTH_TOKEN");
      return auth.identityOf(user);
    },
  };
}

function jwtProvider(tokens: JwtTokens): TokenProvider {
  return {
    newHead: () => "",
    assign: () => undefined,
    sign: (identity) => tokens.sign(identity),
    indexOf: () => undefined,
    identityOf: (token) => tokens.identityOf(token),
  };
}

/** Without a provider nobody logs in, and no token is good. */
const NO_TOKENS: TokenProvider = {
  newHead: () => "",
  assign: () => undefined,
  sign: () => Promise.reject(new AuthError("AUTHENTICATION_FAILED")),
  indexOf: () => undefined,
  identityOf() {
    throw new AuthError("INVALID_AUTH_TOKEN");
  },
};
