import { type Permission, PermissionType, type User } from "@nodetcd/messages";
import { intervalOf, KeySet } from "./intervals.ts";
import type { Records } from "./records.ts";

export type AccessKind = "read" | "write";

interface UserPermissions {
  readonly read: KeySet;
  readonly write: KeySet;
}

const { READ, WRITE, READWRITE } = PermissionType;

/** Of a type that nobody knows, or (in an old file) without a key, a permission grants nothing. */
function keySet(permissions: readonly Permission[], type: PermissionType): KeySet {
  const grants = ({ permType, key }: Permission): boolean =>
    key.length > 0 && (permType === type || permType === READWRITE);
  return new KeySet(
    permissions.filter(grants).map(({ key, rangeEnd }) => intervalOf(key, rangeEnd)),
  );
}

/** What each user may read and write: the union over his roles, computed when it is first asked for. */
export class Permissions {
  readonly #records: Records;
  readonly #ofUser = new Map<string, UserPermissions>();

  constructor(records: Records) {
    this.#records = records;
  }

  /** Users or roles have changed. */
  clear(): void {
    this.#ofUser.clear();
  }

  /** Whether the roles of a user cover all keys of a request; the role `root` is not looked at. */
  cover(
    name: string,
    user: User,
    key: Uint8Array,
    rangeEnd: Uint8Array,
    kind: AccessKind,
  ): boolean {
    let permissions = this.#ofUser.get(name);
    if (permissions === undefined) {
      const granted = user.roles.flatMap(
        (role) => this.#records.roles.get(role)?.keyPermission ?? [],
      );
      permissions = { read: keySet(granted, READ), write: keySet(granted, WRITE) };
      this.#ofUser.set(name, permissions);
    }
    return permissions[kind].covers(key, rangeEnd);
  }
}
