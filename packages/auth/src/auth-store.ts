import type { Role, User } from "@nodetcd/messages";
import { type Logger, silentLogger } from "@nodetcd/runtime";
import type { BackendLike } from "./backend-like.ts";
import { AuthError } from "./errors.ts";
import { ANONYMOUS, type Identity, ROOT } from "./identity.ts";
import { type AccessKind, Permissions } from "./permissions.ts";
import { Records } from "./records.ts";

export interface AuthStoreOptions {
  readonly backend: BackendLike;
  readonly logger?: Logger | undefined;
}

/** Tokens of the kind that this member remembers; told of what makes them worthless. */
export interface HeldTokens {
  /** The user is gone, or has another password. */
  dropUser(name: string): void;
  /** Authentication is off. */
  dropAll(): void;
}

/** Reads users, roles and the switch from a backend. Raises `CORRUPT_RECORD`. */
export function openAuthStore(options: AuthStoreOptions): AuthStore {
  return new AuthStore(options);
}

/**
 * Who may do what. The same on every member at the same place of the log: it changes by applied
 * requests only (`AUTH_OPERATIONS`), and no answer of it depends on tokens, clocks or options.
 */
export class AuthStore {
  /** See `HeldTokens`. */
  tokens: HeldTokens | undefined;
  /** For the operations of this package; what they change they announce by `changed`. */
  readonly records: Records;
  readonly logger: Logger;
  readonly #permissions: Permissions;

  /** Use `openAuthStore`. */
  constructor({ backend, logger }: AuthStoreOptions) {
    this.records = new Records(backend);
    this.logger = logger ?? silentLogger;
    this.#permissions = new Permissions(this.records);
  }

  /** Forgets everything and reads another backend, as after a snapshot from the leader. */
  load(backend: BackendLike): void {
    this.records.load(backend);
    this.#permissions.clear();
  }

  get enabled(): boolean {
    return this.records.enabled;
  }

  /** Counts the changes of users and roles. */
  get revision(): number {
    return this.records.revision;
  }

  user(name: string): User | undefined {
    return this.records.users.get(name);
  }

  role(name: string): Role | undefined {
    return this.records.roles.get(name);
  }

  /** A change of users or roles was recorded: the revision counts it, and permissions are looked up anew. */
  changed(): void {
    this.records.bump();
    this.#permissions.clear();
  }

  /** The identity of a user now, however he was recognised. */
  identityOf(user: string): Identity {
    return { user, authRevision: this.revision };
  }

  /** The member itself, for work of its own such as the end of a lease. */
  get memberIdentity(): Identity {
    return this.enabled ? this.identityOf(ROOT) : ANONYMOUS;
  }

  /** Raises why someone may not administer: `USER_NAME_EMPTY`, `USER_NOT_FOUND`, `PERMISSION_DENIED`. */
  checkAdmin(by: Identity): void {
    if (!this.enabled) return;
    if (by.user === "") throw new AuthError("USER_NAME_EMPTY");
    const user = this.user(by.user);
    if (user === undefined) throw new AuthError("USER_NOT_FOUND");
    if (!user.roles.includes(ROOT)) throw new AuthError("PERMISSION_DENIED");
  }

  /** True when `checkAdmin` raises nothing. */
  isAdmin({ user }: Identity): boolean {
    return !this.enabled || this.user(user)?.roles.includes(ROOT) === true;
  }

  /**
   * For what everybody may do who is recognised: raises `USER_NAME_EMPTY` for nobody. As in etcd, a certificate
   * without a name is somebody.
   */
  checkKnown({ user, authRevision }: Identity): void {
    if (this.enabled && user === "" && authRevision === 0) throw new AuthError("USER_NAME_EMPTY");
  }

  /**
   * Raises why someone may not touch these keys: `USER_NAME_EMPTY`, `OLD_AUTH_REVISION`,
   * `PERMISSION_DENIED`. Borrows the bytes for the call.
   */
  checkKeys(by: Identity, key: Uint8Array, rangeEnd: Uint8Array, kind: AccessKind): void {
    if (!this.enabled) return;
    if (by.authRevision === 0) throw new AuthError("USER_NAME_EMPTY");
    if (by.authRevision < this.revision) {
      this.logger.warn("request auth revision is less than current node auth revision", {
        "current-node-auth-revision": this.revision,
        "request-auth-revision": by.authRevision,
      });
      throw new AuthError("OLD_AUTH_REVISION");
    }
    const user = this.user(by.user);
    if (user === undefined) {
      this.logger.error("cannot find a user for permission check", { "user-name": by.user });
      throw new AuthError("PERMISSION_DENIED");
    }
    if (user.roles.includes(ROOT)) return;
    if (!this.#permissions.cover(by.user, user, key, rangeEnd, kind)) {
      throw new AuthError("PERMISSION_DENIED");
    }
  }

  /** After something was read: raises `OLD_AUTH_REVISION` when rights may have changed meanwhile. */
  checkUnchanged({ authRevision }: Identity): void {
    if (authRevision !== 0 && authRevision !== this.revision)
      throw new AuthError("OLD_AUTH_REVISION");
  }
}
