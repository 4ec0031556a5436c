import {
  fromBase64,
  type KeyId,
  keyText,
  toBase64Url,
  type TreeEntry,
  type TreePage,
} from "@nodetcd/console/contract";

/** One line of the tree as it is drawn. */
export type Row =
  | {
      readonly kind: "entry";
      readonly entry: TreeEntry;
      readonly level: number;
      /** What is behind the parent's prefix. */
      readonly name: string;
      readonly open: boolean;
      readonly position: number;
      readonly setSize: number;
    }
  | {
      readonly kind: "more";
      readonly parent: KeyId;
      readonly level: number;
      readonly loading: boolean;
    }
  | { readonly kind: "loading"; readonly parent: KeyId; readonly level: number };

/** What has been read below one prefix. */
export interface Branch {
  readonly pages: readonly TreePage[];
  readonly loading: boolean;
}

export type Branches = ReadonlyMap<KeyId, Branch>;

/** Names of the entries of a page. A folder grows page by page; what has been read is not worked out again. */
const known = new WeakMap<TreePage, readonly string[]>();

function namesOf(page: TreePage, parentLength: number): readonly string[] {
  const names =
    known.get(page) ?? page.entries.map(({ id }) => keyText(fromBase64(id).subarray(parentLength)));
  known.set(page, names);
  return names;
}

/** The lines of all open folders, in order. */
export function rowsOf(
  branches: Branches,
  open: ReadonlySet<KeyId>,
  parent: KeyId = "",
  level = 1,
): Row[] {
  const branch = branches.get(parent);
  if (branch === undefined) return [{ kind: "loading", parent, level }];
  const rows: Row[] = [];
  const more = branch.pages.at(-1)?.next !== undefined;
  const entries = branch.pages.flatMap((page) => page.entries);
  const parentLength = fromBase64(parent).length;
  const names = branch.pages.flatMap((page) => namesOf(page, parentLength));
  entries.forEach((entry, at) => {
    const isOpen = entry.kind === "folder" && open.has(entry.id);
    rows.push({
      kind: "entry",
      entry,
      level,
      name: names[at]!,
      open: isOpen,
      position: at + 1,
      setSize: more ? -1 : entries.length,
    });
    if (isOpen) for (const row of rowsOf(branches, open, entry.id, level + 1)) rows.push(row);
  });
  if (more) rows.push({ kind: "more", parent, level, loading: branch.loading });
  return rows;
}

/** Ids of the folders on the way to a key, outermost first. */
export function foldersOf(key: KeyId, delimiter: string): KeyId[] {
  if (delimiter === "") return [];
  const bytes = fromBase64(key);
  const mark = new TextEncoder().encode(delimiter);
  const folders: KeyId[] = [];
  for (let at = 1; at + mark.length <= bytes.length; at++) {
    if (!mark.every((byte, offset) => bytes[at + offset] === byte)) continue;
    const end = at + mark.length;
    if (end < bytes.length) folders.push(toBase64Url(bytes.subarray(0, end)));
    // A mark right behind a folder begins the next name, as on the server.
    at = end;
  }
  return folders;
}
