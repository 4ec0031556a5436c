import { compareBytes, equalBytes } from "@nodetcd/bytes";
import {
  type AuthRoleAddRequest,
  type AuthRoleDeleteRequest,
  type AuthRoleGetRequest,
  type AuthRoleGrantPermissionRequest,
  type AuthRoleRevokePermissionRequest,
  type Permission,
  PermissionType,
  type Role,
} from "@nodetcd/messages";
import type { AuthStore } from "./auth-store.ts";
import { AuthError } from "./errors.ts";
import { type Identity, ROOT } from "./identity.ts";
import { compareNames } from "./records.ts";

/** What the role `root` is said to have, whatever is stored. */
const EVERYTHING: Permission = {
  permType: PermissionType.READWRITE,
  key: new Uint8Array(0),
  rangeEnd: new Uint8Array(1),
};

function find(auth: AuthStore, name: string): Role {
  const role = auth.role(name);
  if (role === undefined) throw new AuthError("ROLE_NOT_FOUND");
  return role;
}

export function roleAdd(auth: AuthStore, { name }: AuthRoleAddRequest): void {
  if (name === "") throw new AuthError("ROLE_NAME_EMPTY");
  if (auth.role(name) !== undefined) throw new AuthError("ROLE_EXISTS");
  auth.records.putRole(name, { name: Buffer.from(name), keyPermission: [] });
  auth.changed();
  auth.logger.info("created a role", { "role-name": name });
}

/** Takes the role from all users, too, in one revision. */
export function roleDelete(auth: AuthStore, { role: name }: AuthRoleDeleteRequest): void {
  if (auth.enabled && name === ROOT) {
    auth.logger.error("cannot delete 'root' role", { "role-name": name });
    throw new AuthError("INVALID_AUTH_MANAGEMENT");
  }
  find(auth, name);
  auth.records.deleteRole(name);
  for (const [holder, user] of auth.records.users) {
    if (!user.roles.includes(name)) continue;
    const roles = user.roles.filter((held) => held !== name);
    auth.records.putUser(holder, { ...user, roles });
  }
  auth.changed();
  auth.logger.info("deleted a role", { "role-name": name });
}

/** For administrators, and for whoever has the role. */
export function roleGet(auth: AuthStore, { role }: AuthRoleGetRequest, by: Identity): Permission[] {
  const held = by.user !== "" && auth.user(by.user)?.roles.includes(role) === true;
  if (!held) auth.checkAdmin(by);
  const { keyPermission } = find(auth, role);
  return role === ROOT ? [EVERYTHING] : keyPermission;
}

export function roleList(auth: AuthStore): string[] {
  return [...auth.records.roles.keys()].sort(compareNames);
}

/** A key, and nothing, `\0` or something greater at its end. */
function isGrantable({ key, rangeEnd }: Permission): boolean {
  if (key.length === 0) return false;
  if (rangeEnd.length === 0 || (rangeEnd.length === 1 && rangeEnd[0] === 0)) return true;
  return compareBytes(key, rangeEnd) < 0;
}

/**
 * Replaces the type of an equal range, or adds the range. As in etcd only the first entry of a key is
 * looked at, so that granting the second one anew adds a third.
 */
export function roleGrantPermission(
  auth: AuthStore,
  { name, perm }: AuthRoleGrantPermissionRequest,
): void {
  if (perm === undefined) throw new AuthError("PERMISSION_NOT_GIVEN");
  if (!isGrantable(perm)) throw new AuthError("INVALID_AUTH_MANAGEMENT");
  const role = find(auth, name);
  const keyPermission = [...role.keyPermission];
  const at = keyPermission.findIndex(({ key }) => compareBytes(key, perm.key) >= 0);
  const found = keyPermission[at];
  // The request's bytes are lent; these stay.
  const { permType } = perm;
  const granted = {
    permType,
    key: new Uint8Array(perm.key),
    rangeEnd: new Uint8Array(perm.rangeEnd),
  };
  if (found !== undefined && isSameRange(found, granted)) keyPermission[at] = granted;
  else keyPermission.push(granted);
  keyPermission.sort((a, b) => compareBytes(a.key, b.key));
  auth.records.putRole(name, { ...role, keyPermission });
  auth.changed();
  auth.logger.info("granted/updated a permission to a user", {
    "user-name": name,
    "permission-name": typeName(permType),
    key: Buffer.from(perm.key).toString(),
    "range-end": Buffer.from(perm.rangeEnd).toString(),
  });
}

function isSameRange(a: Pick<Permission, "key" | "rangeEnd">, b: typeof a): boolean {
  return equalBytes(a.key, b.key) && equalBytes(a.rangeEnd, b.rangeEnd);
}

function typeName(type: PermissionType): string {
  const named = Object.entries(PermissionType).find(([, value]) => value === type);
  return named?.[0] ?? String(type);
}

export function roleRevokePermission(
  auth: AuthStore,
  request: AuthRoleRevokePermissionRequest,
): void {
  const name = request.role;
  const role = find(auth, name);
  const keyPermission = role.keyPermission.filter((held) => !isSameRange(held, request));
  if (keyPermission.length === role.keyPermission.length) {
    throw new AuthError("PERMISSION_NOT_GRANTED");
  }
  auth.records.putRole(name, { ...role, keyPermission });
  auth.changed();
  auth.logger.info("revoked a permission on range", {
    "role-name": name,
    key: Buffer.from(request.key).toString(),
    "range-end": Buffer.from(request.rangeEnd).toString(),
  });
}
