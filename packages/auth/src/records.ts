import { compareBytes, WireError } from "@nodetcd/bytes";
import { Role, User } from "@nodetcd/messages";
import type { AuthBucket, BackendLike } from "./backend-like.ts";
import { AuthError } from "./errors.ts";

const ENABLED_KEY = Buffer.from("authEnabled");
const REVISION_KEY = Buffer.from("authRevision");
const ON = Uint8Array.of(1);
const OFF = Uint8Array.of(0);
const FIRST = new Uint8Array(0);

/** The order of names everywhere: that of their UTF-8 bytes, not of UTF-16. */
export function compareNames(a: string, b: string): number {
  return compareBytes(Buffer.from(a), Buffer.from(b));
}

/**
 * Users, roles, the switch and the revision: all in memory, each change written through to the backend
 * in etcd's records. Nothing is checked here.
 */
export class Records {
  readonly users: Map<string, User> = new Map();
  readonly roles: Map<string, Role> = new Map();
  #backend: BackendLike;
  #enabled = false;
  #revision = 0;

  constructor(backend: BackendLike) {
    this.#backend = backend;
    this.load(backend);
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** Counts the changes of users and roles; 1 in a store that had none. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Forgets everything and reads what this backend holds. A store without a revision gets revision 1,
   * as in etcd. Raises `CORRUPT_RECORD`.
   */
  load(backend: BackendLike): void {
    this.#backend = backend;
    this.#enabled = backend.get("auth", ENABLED_KEY)?.[0] === 1;
    this.#revision = this.#storedRevision();
    if (this.#revision === 0) this.bump();
    this.users.clear();
    this.roles.clear();
    this.#read("authUsers", User, this.users);
    this.#read("authRoles", Role, this.roles);
  }

  #storedRevision(): number {
    const stored = this.#backend.get("auth", REVISION_KEY);
    if (stored === undefined) return 0;
    const revision = stored.length === 8 ? Number(Buffer.from(stored).readBigUInt64BE(0)) : NaN;
    if (Number.isSafeInteger(revision)) return revision;
    throw new AuthError(
      "CORRUPT_RECORD",
      `Key authRevision of the "auth" bucket: ${Buffer.from(stored).toString("hex")} is no revision.`,
    );
  }

  #read<T>(
    bucket: AuthBucket,
    codec: { decode(bytes: Uint8Array): T },
    into: Map<string, T>,
  ): void {
    this.#backend.range(bucket, FIRST, undefined, 0, (key, value) => {
      const name = Buffer.from(key).toString();
      try {
        into.set(name, codec.decode(new Uint8Array(value)));
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        const what = bucket === "authUsers" ? "user" : "role";
        const message = `Key ${name} of the "${bucket}" bucket: its value is no ${what}: ${error.message}`;
        throw new AuthError("CORRUPT_RECORD", message, { cause: error });
      }
    });
  }

  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.#backend.put("auth", ENABLED_KEY, enabled ? ON : OFF);
  }

  /** Something changed: the next revision. */
  bump(): void {
    this.#revision++;
    const value = Buffer.alloc(8);
    value.writeBigUInt64BE(BigInt(this.#revision));
    this.#backend.put("auth", REVISION_KEY, value);
  }

  putUser(name: string, user: User): void {
    this.users.set(name, user);
    this.#backend.put("authUsers", Buffer.from(name), User.encode(user));
  }

  deleteUser(name: string): void {
    this.users.delete(name);
    this.#backend.delete("authUsers", Buffer.from(name));
  }

  putRole(name: string, role: Role): void {
    this.roles.set(name, role);
    this.#backend.put("authRoles", Buffer.from(name), Role.encode(role));
  }

  deleteRole(name: string): void {
    this.roles.delete(name);
    this.#backend.delete("authRoles", Buffer.from(name));
  }
}
