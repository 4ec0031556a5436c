import { METHODS, PermissionType } from "@nodetcd/messages";
import { type BytesLike, copyBytes } from "./bytes-like.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { type KeySelection, keyRange } from "./key-range.ts";

export type PermissionKind = "read" | "write" | "readwrite";

/** What a role may do with a key or a range of keys. */
export interface Permission {
  kind: PermissionKind;
  key: Uint8Array;
  /** Empty: the one key; `[0]`: all keys from `key` on; otherwise the first key that is not meant. */
  rangeEnd: Uint8Array;
}

/** How a user proves who they are; exactly one. `noPassword`: by a client certificate alone. */
export type UserSecret =
  | string
  | { readonly password: string }
  | { readonly noPassword: true }
  /** A bcrypt hash in base64, for copying users between clusters; etcd 3.5 and later. */
  | { readonly hashedPassword: string };

const KINDS = {
  read: PermissionType.READ,
  write: PermissionType.WRITE,
  readwrite: PermissionType.READWRITE,
} as const;

function kindOf(type: PermissionType): PermissionKind {
  if (type === PermissionType.READ) return "read";
  return type === PermissionType.WRITE ? "write" : "readwrite";
}

/** Users, roles and what they may do. Nearly all of it needs the role `root` once it is enabled. */
export class Auth {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** From now on every call needs a user. The user `root` with the role `root` must be there. */
  async enable(options?: CallOptions): Promise<void> {
    await this.#connection.call(METHODS.Auth.AuthEnable, {}, options);
  }

  async disable(options?: CallOptions): Promise<void> {
    await this.#connection.call(METHODS.Auth.AuthDisable, {}, options);
  }

  /** `revision` counts changes of users, roles and permissions. */
  async status(options?: CallOptions): Promise<{ enabled: boolean; revision: number }> {
    const { AuthStatus } = METHODS.Auth;
    const { enabled, authRevision } = await this.#connection.call(AuthStatus, {}, options);
    return { enabled, revision: authRevision };
  }

  /** A token for the metadata `token` of other clients' calls; this one asks for its own. */
  async authenticate(name: string, password: string, options?: CallOptions): Promise<string> {
    const { Authenticate } = METHODS.Auth;
    return (await this.#connection.call(Authenticate, { name, password }, options)).token;
  }

  async addUser(name: string, secret: UserSecret, options?: CallOptions): Promise<void> {
    const given = typeof secret === "string" ? { password: secret } : secret;
    const noPassword = "noPassword" in given;
    const rest = "noPassword" in given ? {} : given;
    const request = { name, ...rest, options: { noPassword } };
    await this.#connection.call(METHODS.Auth.UserAdd, request, options);
  }

  /** The roles of a user. */
  async user(name: string, options?: CallOptions): Promise<string[]> {
    return (await this.#connection.call(METHODS.Auth.UserGet, { name }, options)).roles;
  }

  /** Names of all users. */
  async users(options?: CallOptions): Promise<string[]> {
    return (await this.#connection.call(METHODS.Auth.UserList, {}, options)).users;
  }

  async deleteUser(name: string, options?: CallOptions): Promise<void> {
    await this.#connection.call(METHODS.Auth.UserDelete, { name }, options);
  }

  async changePassword(
    name: string,
    secret: string | { readonly hashedPassword: string },
    options?: CallOptions,
  ): Promise<void> {
    const given = typeof secret === "string" ? { password: secret } : secret;
    await this.#connection.call(METHODS.Auth.UserChangePassword, { name, ...given }, options);
  }

  async grantRole(user: string, role: string, options?: CallOptions): Promise<void> {
    await this.#connection.call(METHODS.Auth.UserGrantRole, { user, role }, options);
  }

  async revokeRole(user: string, role: string, options?: CallOptions): Promise<void> {
    await this.#connection.call(METHODS.Auth.UserRevokeRole, { name: user, role }, options);
  }

  async addRole(name: string, options?: CallOptions): Promise<void> {
    await this.#connection.call(METHODS.Auth.RoleAdd, { name }, options);
  }

  /** What a role may do. */
  async role(name: string, options?: CallOptions): Promise<Permission[]> {
    const { perm } = await this.#connection.call(METHODS.Auth.RoleGet, { role: name }, options);
    return perm.map(({ permType, key, rangeEnd }) => ({
      kind: kindOf(permType),
      key: copyBytes(key),
      rangeEnd: copyBytes(rangeEnd),
    }));
  }

  /** Names of all roles. */
  async roles(options?: CallOptions): Promise<string[]> {
    return (await this.#connection.call(METHODS.Auth.RoleList, {}, options)).roles;
  }

  async deleteRole(name: string, options?: CallOptions): Promise<void> {
    await this.#connection.call(METHODS.Auth.RoleDelete, { role: name }, options);
  }

  /** Adds a permission, or changes its kind when the role has one for the very same keys. */
  async grantPermission(
    role: string,
    kind: PermissionKind,
    key: BytesLike,
    options: CallOptions & KeySelection = {},
  ): Promise<void> {
    const perm = { permType: KINDS[kind], ...keyRange(key, options) };
    await this.#connection.call(METHODS.Auth.RoleGrantPermission, { name: role, perm }, options);
  }

  /** Takes a permission away that was given for the very same keys. */
  async revokePermission(
    role: string,
    key: BytesLike,
    options: CallOptions & KeySelection = {},
  ): Promise<void> {
    const request = { role, ...keyRange(key, options) };
    await this.#connection.call(METHODS.Auth.RoleRevokePermission, request, options);
  }
}
