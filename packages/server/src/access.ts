import { type AuthStore, type Identity, requestToken, type TokenProvider } from "@nodetcd/auth";
import type { ServerCall } from "@nodetcd/grpc";
import { CALLERS_KEPT_MAX } from "./limits.ts";
import type { LinearizableReads } from "./read/linearizable.ts";
import type { AppliedIndex } from "./state/applied-index.ts";
import { ANYBODY, type Caller, callerOf } from "./wire/caller.ts";

export interface AccessOptions {
  readonly auth: AuthStore;
  readonly tokens: TokenProvider;
  readonly applied: AppliedIndex;
  readonly reads: Pick<LinearizableReads, "wait">;
  /** The user that a client's certificate names; undefined without one, and where certificates name nobody. */
  readonly certificateUser?: ((call: ServerCall) => string | undefined) | undefined;
}

/** Who makes a call? */
export class Access {
  readonly #options: AccessOptions;
  readonly #callers = new Map<string, Caller>();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /**
   * By the token of the call, else by the client's certificate, else nobody; at once but for a token of
   * a place of the log that is not applied here yet, and for a signed one that is seen for the first time. Raises or rejects
   * with `INVALID_AUTH_TOKEN`. While authentication is off tokens are not looked at.
   */
  identify(call: ServerCall): Caller | Promise<Caller> {
    const { auth, certificateUser } = this.#options;
    if (auth.enabled) {
      const token = requestToken((key) => call.metadata.get(key));
      if (token !== undefined) return this.#ofToken(token);
    }
    const user = certificateUser?.(call);
    return user === undefined ? ANYBODY : this.#callerOf(auth.identityOf(user));
  }

  /** As `identify`, but undefined where that takes a promise: call `identify` then, which is told of refusals. */
  identifyNow(call: ServerCall): Caller | undefined {
    const caller = this.identify(call);
    if (!(caller instanceof Promise)) return caller;
    caller.catch(() => undefined);
    return undefined;
  }

  /** The member itself, for what it does by its own. */
  get member(): Caller {
    const { auth } = this.#options;
    return auth.enabled ? this.#callerOf(auth.memberIdentity) : ANYBODY;
  }

  #ofToken(token: string): Caller | Promise<Caller> {
    const { tokens, applied, reads } = this.#options;
    const index = tokens.indexOf(token);
    if (index === undefined || index <= applied.index) return this.#lookUp(token);
    // Whatever was acknowledged is applied then; a token that is still ahead is a forgery.
    return reads.wait().then(() => this.#lookUp(token));
  }

  #lookUp(token: string): Caller | Promise<Caller> {
    const identity = this.#options.tokens.identityOf(token);
    if (!(identity instanceof Promise)) return this.#callerOf(identity);
    return identity.then((found) => this.#callerOf(found));
  }

  /** Kept, since each encodes what it adds to an entry. */
  #callerOf({ user, authRevision }: Identity): Caller {
    const kept = this.#callers.get(user);
    if (kept?.authRevision === authRevision) return kept;
    if (this.#callers.size >= CALLERS_KEPT_MAX) this.#callers.clear();
    const caller = callerOf(user, authRevision);
    this.#callers.set(user, caller);
    return caller;
  }
}

/** Calls `then` with who makes the call, in this turn where that is known at once; or `fail`. */
export function withCaller(
  access: Access,
  call: ServerCall,
  then: (caller: Caller) => void,
  fail: (error: unknown) => void,
): void {
  try {
    const caller = access.identify(call);
    if (caller instanceof Promise) caller.then(then).catch(fail);
    else then(caller);
  } catch (error) {
    fail(error);
  }
}
