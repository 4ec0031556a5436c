import { compareBytes, equalBytes, prefixEnd } from "@nodetcd/bytes";
import type { Permission } from "@nodetcd/client";
import { keyText, toBase64Url } from "../contract/bytes.ts";
import type { MayView, PermissionView, RoleView } from "../contract/access.ts";

const NO_END = Uint8Array.of(0);

/** A range of keys in words. */
export function rangeText({ key, rangeEnd }: Pick<Permission, "key" | "rangeEnd">): string {
  const from = keyText(key);
  if (rangeEnd.length === 0) return from;
  if (equalBytes(rangeEnd, NO_END)) {
    return equalBytes(key, NO_END) || key.length === 0 ? "all keys" : `${from} and all after it`;
  }
  if (isPrefix({ key, rangeEnd })) return `all keys that begin with ${from}`;
  return `${from} up to, without, ${keyText(rangeEnd)}`;
}

export function isPrefix({ key, rangeEnd }: Pick<Permission, "key" | "rangeEnd">): boolean {
  return key.length > 0 && rangeEnd.length > 0 && equalBytes(rangeEnd, prefixEnd(key));
}

/** Whether a range has a key. */
export function holds(
  { key, rangeEnd }: Pick<Permission, "key" | "rangeEnd">,
  wanted: Uint8Array,
): boolean {
  if (rangeEnd.length === 0) return equalBytes(key, wanted);
  if (compareBytes(wanted, key) < 0 && !equalBytes(key, NO_END)) return false;
  return equalBytes(rangeEnd, NO_END) || compareBytes(wanted, rangeEnd) < 0;
}

export function permissionView(permission: Permission): PermissionView {
  const { kind, key, rangeEnd } = permission;
  return { kind, key: toBase64Url(key), end: toBase64Url(rangeEnd), text: rangeText(permission) };
}

export interface Role {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

export function roleView({ name, permissions }: Role): RoleView {
  return { name, permissions: permissions.map(permissionView) };
}

/** Whether these roles let somebody read or write a key, and because of what. */
export function mayAccess(
  roles: readonly Role[],
  kind: "read" | "write",
  key: Uint8Array,
): MayView {
  const words = roles.map(({ name, permissions }) => {
    if (name === "root") return { role: name, allows: true, text: "root may do everything" };
    const fitting = permissions.filter((one) => holds(one, key));
    const allowing = fitting.find((one) => one.kind === kind || one.kind === "readwrite");
    if (allowing !== undefined) {
      return { role: name, allows: true, text: `${allowing.kind} on ${rangeText(allowing)}` };
    }
    const [other] = fitting;
    const text =
      other === undefined
        ? "no permission has this key"
        : `only ${other.kind} on ${rangeText(other)}`;
    return { role: name, allows: false, text };
  });
  const allowing = words.find(({ allows }) => allows);
  const because =
    allowing !== undefined
      ? `Role ${allowing.role}: ${allowing.text}.`
      : roles.length === 0
        ? "The user has no role."
        : "No role of the user allows it.";
  return { may: allowing !== undefined, because, roles: words };
}
