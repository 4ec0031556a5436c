import type {
  AuthUserAddRequest,
  AuthUserChangePasswordRequest,
  AuthUserDeleteRequest,
  AuthUserGetRequest,
  AuthUserGrantRoleRequest,
  AuthUserRevokeRoleRequest,
  User,
} from "@nodetcd/messages";
import type { AuthStore } from "./auth-store.ts";
import { AuthError } from "./errors.ts";
import { type Identity, ROOT } from "./identity.ts";
import { compareNames } from "./records.ts";
import { storedPassword } from "./stored-password.ts";

const NO_PASSWORD = new Uint8Array(0);

function find(auth: AuthStore, name: string): User {
  const user = auth.user(name);
  if (user === undefined) throw new AuthError("USER_NOT_FOUND");
  return user;
}

export function userAdd(auth: AuthStore, request: AuthUserAddRequest): void {
  const { name } = request;
  if (name === "") throw new AuthError("USER_NAME_EMPTY");
  if (auth.user(name) !== undefined) throw new AuthError("USER_EXISTS");
  const options = { noPassword: request.options?.noPassword === true };
  const password = options.noPassword ? NO_PASSWORD : storedPassword(request);
  auth.records.putUser(name, { name: Buffer.from(name), password, roles: [], options });
  auth.changed();
  auth.logger.info("added a user", { "user-name": name });
}

export function userDelete(auth: AuthStore, { name }: AuthUserDeleteRequest): void {
  if (auth.enabled && name === ROOT) {
    auth.logger.error("cannot delete 'root' user", { "user-name": name });
    throw new AuthError("INVALID_AUTH_MANAGEMENT");
  }
  const { roles } = find(auth, name);
  auth.records.deleteUser(name);
  auth.changed();
  auth.tokens?.dropUser(name);
  auth.logger.info("deleted a user", { "user-name": name, "user-roles": roles });
}

/** A user without a password stays without. */
export function userChangePassword(auth: AuthStore, request: AuthUserChangePasswordRequest): void {
  const { name } = request;
  const user = find(auth, name);
  const password = user.options?.noPassword === true ? NO_PASSWORD : storedPassword(request);
  auth.records.putUser(name, { ...user, password });
  auth.changed();
  auth.tokens?.dropUser(name);
  auth.logger.info("changed a password of a user", { "user-name": name, "user-roles": user.roles });
}

/** The role `root` need not exist. Nothing changes when the user has the role. */
export function userGrantRole(auth: AuthStore, request: AuthUserGrantRoleRequest): void {
  const { user: name, role } = request;
  const user = find(auth, name);
  if (role !== ROOT && auth.role(role) === undefined) throw new AuthError("ROLE_NOT_FOUND");
  const fields = { "user-name": name, "user-roles": user.roles };
  if (user.roles.includes(role)) {
    const text = "ignored grant role request to a user";
    auth.logger.warn(text, { ...fields, "duplicate-role-name": role });
    return;
  }
  const roles = [...user.roles, role].sort(compareNames);
  auth.records.putUser(name, { ...user, roles });
  auth.changed();
  auth.logger.info("granted a role to a user", { ...fields, "added-role-name": role });
}

export function userRevokeRole(auth: AuthStore, request: AuthUserRevokeRoleRequest): void {
  const { name, role } = request;
  if (auth.enabled && name === ROOT && role === ROOT) {
    const text = "'root' user cannot revoke 'root' role";
    auth.logger.error(text, { "user-name": name, "role-name": role });
    throw new AuthError("INVALID_AUTH_MANAGEMENT");
  }
  const user = find(auth, name);
  if (!user.roles.includes(role)) throw new AuthError("ROLE_NOT_GRANTED");
  const roles = user.roles.filter((held) => held !== role);
  auth.records.putUser(name, { ...user, roles });
  auth.changed();
  auth.logger.info("revoked a role from a user", {
    "user-name": name,
    "old-user-roles": user.roles,
    "new-user-roles": roles,
    "revoked-role-name": role,
  });
}

/** For administrators, and for the user himself. */
export function userGet(auth: AuthStore, { name }: AuthUserGetRequest, by: Identity): string[] {
  if (by.user === "" || by.user !== name) auth.checkAdmin(by);
  return find(auth, name).roles;
}

export function userList(auth: AuthStore): string[] {
  return [...auth.records.users.keys()].sort(compareNames);
}
