import type { KeyId } from "./keys.ts";

export interface PermissionView {
  readonly kind: "read" | "write" | "readwrite";
  readonly key: KeyId;
  /** Empty: the one key. Otherwise the first key that is not meant; `AA`: no end. */
  readonly end: KeyId;
  /** The range in words. */
  readonly text: string;
}

export interface RoleView {
  readonly name: string;
  readonly permissions: readonly PermissionView[];
}

export interface AccessView {
  /** Whether etcd asks for users at all; undefined when this version does not tell. */
  readonly enabled?: boolean;
  readonly users: readonly { readonly name: string; readonly roles: readonly string[] }[];
  readonly roles: readonly RoleView[];
  /** Set when only oneself is shown, and why. */
  readonly onlySelf?: string;
}

/** Answer to "may X read Y?", with its reasons. */
export interface MayView {
  readonly may: boolean;
  readonly because: string;
  /** Every role of the user, and what it says about the key. */
  readonly roles: readonly {
    readonly role: string;
    readonly allows: boolean;
    readonly text: string;
  }[];
}

/** A change of users and roles. */
export type AccessChange =
  | { readonly do: "addUser"; readonly user: string; readonly password: string }
  | { readonly do: "deleteUser"; readonly user: string }
  | { readonly do: "changePassword"; readonly user: string; readonly password: string }
  | { readonly do: "grantRole" | "revokeRole"; readonly user: string; readonly role: string }
  | { readonly do: "addRole" | "deleteRole"; readonly role: string }
  | {
      readonly do: "grantPermission";
      readonly role: string;
      readonly kind: PermissionView["kind"];
      readonly key: KeyId;
      readonly prefix: boolean;
    }
  | {
      readonly do: "revokePermission";
      readonly role: string;
      readonly key: KeyId;
      readonly end: KeyId;
    }
  | { readonly do: "enable" | "disable"; readonly name: string };
