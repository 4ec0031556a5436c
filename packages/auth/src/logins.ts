import { hash, verify } from "@node-rs/bcrypt";
import type {
  AuthenticateResponse,
  AuthUserAddRequest,
  AuthUserChangePasswordRequest,
  InternalAuthenticateRequest,
} from "@nodetcd/messages";
import { type Clock, type Digests, type Logger, type Random, silentLogger } from "@nodetcd/runtime";
import type { AuthStore } from "./auth-store.ts";
import { AuthError } from "./errors.ts";
import { FailedLogins } from "./failed-logins.ts";
import {
  BCRYPT_COST_DEFAULT,
  BCRYPT_COST_MAX,
  BCRYPT_COST_MIN,
  PASSWORD_BYTES_MAX,
  VERIFIED_PASSWORDS_MAX,
} from "./limits.ts";
import { PasswordQueue } from "./password-queue.ts";
import type { TokenProvider } from "./token-provider.ts";

export interface LoginsOptions {
  readonly auth: AuthStore;
  readonly random: Random;
  readonly digests: Digests;
  readonly clock: Clock;
  readonly logger?: Logger | undefined;
  /** Longest delay of a login after others failed, in milliseconds; 0 never delays. */
  readonly failureDelayMs: number;
  /** 4 to 31; another one is replaced by the default, 10, with a warning. */
  readonly bcryptCost: number;
}

/** Raises `PASSWORD_TOO_LONG` for a password that cannot be hashed: of more than 72 bytes. */
export function checkPasswordLength(password: string): void {
  if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX) throw new AuthError("PASSWORD_TOO_LONG");
}

/**
 * Passwords, at the member that is asked: hashed and compared on the thread pool, few at a time. What
 * was right once is remembered, by a digest with a key of this process, until users or roles
 * change: clients of etcd log in anew for every stream that they open.
 */
export class Logins {
  readonly failures: FailedLogins;
  readonly #auth: AuthStore;
  readonly #random: Random;
  readonly #digests: Digests;
  readonly #logger: Logger;
  readonly #cost: number;
  readonly #queue = new PasswordQueue();
  readonly #digestKey: Uint8Array;
  readonly #verified = new Set<string>();
  #verifiedAt = 0;
  #nobodysHash: Promise<string> | undefined;

  constructor(options: LoginsOptions) {
    const { auth, random, digests, logger, bcryptCost } = options;
    this.failures = new FailedLogins(options.clock, options.failureDelayMs);
    this.#auth = auth;
    this.#random = random;
    this.#digests = digests;
    this.#logger = logger ?? silentLogger;
    this.#digestKey = random.bytes(32);
    const isGood = bcryptCost >= BCRYPT_COST_MIN && bcryptCost <= BCRYPT_COST_MAX;
    this.#cost = isGood ? bcryptCost : BCRYPT_COST_DEFAULT;
    if (isGood) return;
    this.#logger.warn("use default bcrypt cost instead of the invalid given cost", {
      "min-cost": BCRYPT_COST_MIN,
      "max-cost": BCRYPT_COST_MAX,
      "default-cost": BCRYPT_COST_DEFAULT,
      "given-cost": bcryptCost,
    });
  }

  /** The request to propose: with a hash, and never with the password. */
  async hashNewUser(request: AuthUserAddRequest): Promise<AuthUserAddRequest> {
    if (request.options?.noPassword === true) {
      return { ...request, password: "", hashedPassword: "" };
    }
    return { ...request, password: "", hashedPassword: await this.#hash(request.password) };
  }

  /** As `hashNewUser`; a hash of the client's own is taken where there is no password. */
  async hashNewPassword(
    request: AuthUserChangePasswordRequest,
  ): Promise<AuthUserChangePasswordRequest> {
    if (request.password === "") return request;
    return { ...request, password: "", hashedPassword: await this.#hash(request.password) };
  }

  async #hash(password: string): Promise<string> {
    checkPasswordLength(password);
    const made = await this.#queue.run(() => this.#bcrypt(password));
    return Buffer.from(made).toString("base64");
  }

  #bcrypt(password: string): Promise<string> {
    return hash(password, { cost: this.#cost, version: "2a", salt: this.#random.bytes(16) });
  }

  /**
   * Resolves with the auth revision at which the password was right. When that has moved by the time
   * the login is applied, check again. Raises `AUTH_NOT_ENABLED`, `AUTHENTICATION_FAILED`,
   * `NO_PASSWORD_USER`, `TOO_MANY_LOGINS`. After failures of the user or of the `address` ("" is nowhere) it
   * takes longer, but for passwords that are remembered.
   */
  async checkPassword(name: string, password: string, address = ""): Promise<number> {
    try {
      return await this.#check(name, password, address);
    } catch (error) {
      const isWrong =
        error instanceof AuthError &&
        (error.code === "AUTHENTICATION_FAILED" || error.code === "NO_PASSWORD_USER");
      if (isWrong) this.failures.add(name, address);
      throw error;
    }
  }

  async #check(name: string, password: string, address: string): Promise<number> {
    const auth = this.#auth;
    if (!auth.enabled) throw new AuthError("AUTH_NOT_ENABLED");
    const { revision } = auth;
    const user = auth.user(name);
    if (user === undefined) {
      await this.failures.wait(name, address);
      // As long as for a user that exists, so that time does not tell who does.
      await this.#compare(password, await (this.#nobodysHash ??= this.#bcrypt("")));
      throw new AuthError("AUTHENTICATION_FAILED");
    }
    if (user.options?.noPassword === true) throw new AuthError("NO_PASSWORD_USER");
    const digest = this.#digestOf(name, password, user.password);
    if (this.#remembered(revision).has(digest)) return revision;
    await this.failures.wait(name, address);
    if (!(await this.#compare(password, user.password))) {
      this.#logger.info("invalid password", { "user-name": name });
      throw new AuthError("AUTHENTICATION_FAILED");
    }
    this.failures.forgive(name);
    if (auth.revision === revision) this.#remember(digest);
    return revision;
  }

  #compare(password: string, stored: string | Uint8Array): Promise<boolean> {
    return this.#queue.run(() => verify(password, stored));
  }

  #remembered(revision: number): ReadonlySet<string> {
    if (this.#verifiedAt !== revision) this.#verified.clear();
    this.#verifiedAt = revision;
    return this.#verified;
  }

  #remember(digest: string): void {
    if (this.#verified.size >= VERIFIED_PASSWORDS_MAX) {
      const [oldest] = this.#verified;
      this.#verified.delete(oldest!);
    }
    this.#verified.add(digest);
  }

  #digestOf(name: string, password: string, stored: Uint8Array): string {
    const sum = this.#digests.sha256();
    sum.update(this.#digestKey);
    sum.update(Buffer.from(JSON.stringify([name, password])));
    sum.update(stored);
    return Buffer.from(sum.finish()).toString("base64");
  }
}

/**
 * Applies a login whose password was right where it was asked. `index` is the consistent index before
 * the entry. The token is empty where the member that was asked signs one (`TokenProvider.sign`).
 */
export function applyAuthenticate(
  auth: AuthStore,
  tokens: TokenProvider,
  { name, simpleToken }: InternalAuthenticateRequest,
  index: number,
): Omit<AuthenticateResponse, "header"> {
  if (!auth.enabled) throw new AuthError("AUTH_NOT_ENABLED");
  const user = auth.user(name);
  if (user === undefined) throw new AuthError("AUTHENTICATION_FAILED");
  if (user.options?.noPassword === true) throw new AuthError("NO_PASSWORD_USER");
  return { token: tokens.assign(name, simpleToken, index) ?? "" };
}
