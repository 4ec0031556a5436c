import { type Init, METHODS, PermissionType } from "@nodetcd/messages";
import { type BytesLike, copyBytes } from "./bytes-like.ts";
import { CALL_OPTIONS, type CallOptions } from "./call-options.ts";
import { checkOptions, isOneOf, isSecret, isText, type OptionChecks } from "./check.ts";
import type { UnaryMethod } from "./methods.ts";
import type { Calls } from "./calls.ts";
import { KEY_SELECTION, type KeySelection, keyRange } from "./key-range.ts";

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

const isKind = isOneOf(Object.keys(KINDS));
const ON_KEYS: OptionChecks<CallOptions & KeySelection> = { ...CALL_OPTIONS, ...KEY_SELECTION };
/** The fields, each of which must be a text. */
function texts<Fields extends Readonly<Record<string, string>>>(fields: Fields): Fields {
  for (const [name, value] of Object.entries(fields)) isText(value, name);
  return fields;
}

function kindOf(type: PermissionType): PermissionKind {
  if (type === PermissionType.READ) return "read";
  return type === PermissionType.WRITE ? "write" : "readwrite";
}

/** Users, roles and what they may do. Nearly all of it needs the role `root` once it is enabled. */
export class Auth {
  readonly #connection: Calls;

  constructor(connection: Calls) {
    this.#connection = connection;
  }

  #call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Init<Request>,
    options: CallOptions | undefined,
    checks: OptionChecks<CallOptions> = CALL_OPTIONS,
  ): Promise<Response> {
    checkOptions(options, checks);
    return this.#connection.call(method, request, options);
  }

  /** From now on every call needs a user. The user `root` with the role `root` must be there. */
  async enable(options?: CallOptions): Promise<void> {
    await this.#call(METHODS.Auth.AuthEnable, {}, options);
  }

  async disable(options?: CallOptions): Promise<void> {
    await this.#call(METHODS.Auth.AuthDisable, {}, options);
  }

  /** `revision` counts changes of users, roles and permissions. */
  async status(options?: CallOptions): Promise<{ enabled: boolean; revision: number }> {
    const { AuthStatus } = METHODS.Auth;
    const { enabled, authRevision } = await this.#call(AuthStatus, {}, options);
    return { enabled, revision: authRevision };
  }

  /** A token for the metadata `token` of other clients' calls; this one asks for its own. */
  async authenticate(name: string, password: string, options?: CallOptions): Promise<string> {
    const { Authenticate } = METHODS.Auth;
    return (await this.#call(Authenticate, texts({ name, password }), options)).token;
  }

  async addUser(name: string, secret: UserSecret, options?: CallOptions): Promise<void> {
    isSecret(secret, "secret");
    const given = typeof secret === "string" ? { password: secret } : secret;
    const noPassword = "noPassword" in given;
    const rest = "noPassword" in given ? {} : given;
    const request = { ...texts({ name, ...rest }), options: { noPassword } };
    await this.#call(METHODS.Auth.UserAdd, request, options);
  }

  /** The roles of a user. */
  async user(name: string, options?: CallOptions): Promise<string[]> {
    return (await this.#call(METHODS.Auth.UserGet, texts({ name }), options)).roles;
  }

  /** Names of all users. */
  async users(options?: CallOptions): Promise<string[]> {
    return (await this.#call(METHODS.Auth.UserList, {}, options)).users;
  }

  async deleteUser(name: string, options?: CallOptions): Promise<void> {
    await this.#call(METHODS.Auth.UserDelete, texts({ name }), options);
  }

  async changePassword(
    name: string,
    secret: string | { readonly hashedPassword: string },
    options?: CallOptions,
  ): Promise<void> {
    isSecret(secret, "secret");
    const given = typeof secret === "string" ? { password: secret } : secret;
    await this.#call(METHODS.Auth.UserChangePassword, texts({ name, ...given }), options);
  }

  async grantRole(user: string, role: string, options?: CallOptions): Promise<void> {
    await this.#call(METHODS.Auth.UserGrantRole, texts({ user, role }), options);
  }

  async revokeRole(user: string, role: string, options?: CallOptions): Promise<void> {
    await this.#call(METHODS.Auth.UserRevokeRole, texts({ name: user, role }), options);
  }

  async addRole(name: string, options?: CallOptions): Promise<void> {
    await this.#call(METHODS.Auth.RoleAdd, texts({ name }), options);
  }

  /** What a role may do. */
  async role(name: string, options?: CallOptions): Promise<Permission[]> {
    const { perm } = await this.#call(METHODS.Auth.RoleGet, texts({ role: name }), options);
    return perm.map(({ permType, key, rangeEnd }) => ({
      kind: kindOf(permType),
      key: copyBytes(key),
      rangeEnd: copyBytes(rangeEnd),
    }));
  }

  /** Names of all roles. */
  async roles(options?: CallOptions): Promise<string[]> {
    return (await this.#call(METHODS.Auth.RoleList, {}, options)).roles;
  }

  async deleteRole(name: string, options?: CallOptions): Promise<void> {
    await this.#call(METHODS.Auth.RoleDelete, texts({ role: name }), options);
  }

  /** Adds a permission, or changes its kind when the role has one for the very same keys. */
  async grantPermission(
    role: string,
    kind: PermissionKind,
    key: BytesLike,
    options: CallOptions & KeySelection = {},
  ): Promise<void> {
    isKind(kind, "kind");
    const perm = { permType: KINDS[kind], ...keyRange(key, options) };
    await this.#call(
      METHODS.Auth.RoleGrantPermission,
      { ...texts({ name: role }), perm },
      options,
      ON_KEYS,
    );
  }

  /** Takes a permission away that was given for the very same keys. */
  async revokePermission(
    role: string,
    key: BytesLike,
    options: CallOptions & KeySelection = {},
  ): Promise<void> {
    const request = { ...texts({ role }), ...keyRange(key, options) };
    await this.#call(METHODS.Auth.RoleRevokePermission, request, options, ON_KEYS);
  }
}
