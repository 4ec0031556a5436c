import type { Clock, Logger } from "@nodetcd/runtime";
import { CompactSign, compactVerify, errors } from "jose";
import { AuthError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import type { JwtKeys } from "./jwt-keys.ts";
import { TOKEN_BYTES_MAX, VERIFIED_TOKENS_MAX } from "./limits.ts";
import type { JwtMethod } from "./token-options.ts";

/** What a token says; times in milliseconds since 1970, undefined for always. */
interface Claims {
  readonly identity: Identity;
  readonly notBefore: number | undefined;
  readonly expires: number | undefined;
}

export interface JwtTokensOptions {
  readonly method: JwtMethod;
  readonly keys: JwtKeys;
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Signed tokens (RFC 7519): claims `username`, `revision` (of the login) and `exp`. Any member with
 * the key knows them, nothing is remembered but what was verified already. A password that is changed does not end them;
 * their revision makes them old for keys.
 */
export class JwtTokens {
  readonly #options: JwtTokensOptions;
  readonly #verified = new Map<string, Claims>();

  constructor(options: JwtTokensOptions) {
    this.#options = options;
  }

  /** Raises `VERIFY_ONLY`, or `SIGNING_FAILED` when the key does not fit the method. */
  async sign({ user, authRevision }: Identity): Promise<string> {
    const { keys, method, ttlMs, clock, logger } = this.#options;
    if (keys.sign === undefined) throw new AuthError("VERIFY_ONLY");
    const exp = Math.floor((clock.wallTime() + ttlMs) / 1000);
    const payload = JSON.stringify({ exp, revision: authRevision, username: user });
    try {
      return await new CompactSign(Buffer.from(payload))
        .setProtectedHeader({ alg: method, typ: "JWT" })
        .sign(keys.sign);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.debug("failed to sign a JWT token", { "user-name": user, error: reason });
      throw new AuthError("SIGNING_FAILED", undefined, { cause: error });
    }
  }

  /**
   * Who a token is of: at once if it was verified before. Raises or rejects with
   * `INVALID_AUTH_TOKEN`, and says why in the log only.
   */
  identityOf(token: string): Identity | Promise<Identity> {
    const claims = this.#verified.get(token);
    if (claims !== undefined) return this.#current(claims);
    if (token.length > TOKEN_BYTES_MAX) throw this.#invalid("it is too long");
    return this.#verify(token);
  }

  async #verify(token: string): Promise<Identity> {
    const { keys, method } = this.#options;
    let payload: Uint8Array;
    try {
      ({ payload } = await compactVerify(token, keys.verify, { algorithms: [method] }));
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) {
        throw this.#invalid(error.message);
      }
      throw error;
    }
    const claims = readClaims(payload);
    if (typeof claims === "string") throw this.#invalid(claims);
    const identity = this.#current(claims);
    if (this.#verified.size >= VERIFIED_TOKENS_MAX) {
      const [oldest] = this.#verified.keys();
      this.#verified.delete(oldest!);
    }
    this.#verified.set(token, claims);
    return identity;
  }

  #current({ identity, notBefore, expires }: Claims): Identity {
    const now = this.#options.clock.wallTime();
    if (expires !== undefined && now >= expires) throw this.#invalid("token is expired");
    if (notBefore !== undefined && now < notBefore) throw this.#invalid("token is not valid yet");
    return identity;
  }

  #invalid(reason: string): AuthError {
    this.#options.logger.warn("failed to parse a JWT token", { error: reason });
    return new AuthError("INVALID_AUTH_TOKEN");
  }
}

/** A text says what is wrong. */
function readClaims(payload: Uint8Array): Claims | string {
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(payload).toString());
  } catch {
    return "the claims are no JSON";
  }
  if (typeof claims !== "object" || claims === null) return "the claims are no object";
  const { username, revision, exp, nbf } = claims as Readonly<Record<string, unknown>>;
  if (typeof username !== "string") return "failed to obtain user claim";
  if (typeof revision !== "number" || revision < 0 || revision > Number.MAX_SAFE_INTEGER) {
    return "failed to obtain revision claim";
  }
  const [expires, notBefore] = [readTime(exp), readTime(nbf)];
  if (expires === "wrong" || notBefore === "wrong") return "exp and nbf have to be numbers";
  return { identity: { user: username, authRevision: Math.trunc(revision) }, expires, notBefore };
}

/** Seconds; 0 is as good as none, as in golang-jwt. */
function readTime(seconds: unknown): number | undefined | "wrong" {
  if (seconds === undefined || seconds === 0) return undefined;
  return typeof seconds === "number" ? seconds * 1000 : "wrong";
}
