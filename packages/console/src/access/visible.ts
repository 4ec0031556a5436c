import { toBase64Url } from "../contract/bytes.ts";
import type { TreeEntry, TreePage } from "../contract/keys.ts";
import { isPrefix, rangeText, type Role } from "./ranges.ts";

/**
 * The top of the tree for somebody who may not list all keys: what their roles let them read. Ranges that
 * are neither one key nor a prefix are only named.
 */
export function visiblePage(roles: readonly Role[]): TreePage {
  const readable = roles
    .flatMap(({ permissions }) => permissions)
    .filter(({ kind }) => kind !== "write");
  const entries = new Map<string, TreeEntry>();
  for (const permission of readable) {
    const id = toBase64Url(permission.key);
    if (isPrefix(permission)) entries.set(id, { id, kind: "folder" });
    else if (permission.rangeEnd.length === 0) entries.set(id, { id, kind: "key" });
  }
  return {
    entries: [...entries.values()],
    revision: 0,
    total: entries.size,
    restricted: readable.map(rangeText),
  };
}
