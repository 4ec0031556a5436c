import { isJsonObject, type View } from "./view.ts";

/** A set of paths into an object, as a tree. `member` says that the path that ends here is in the set. */
export interface FieldSet {
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const EMPTY: FieldSet = { member: false, children: new Map() };
const LEAF: FieldSet = { member: true, children: new Map() };

export function isEmptySet({ member, children }: FieldSet): boolean {
  return !member && children.size === 0;
}

function node(member: boolean, children: Iterable<[string, FieldSet]>): FieldSet {
  const kept = [...children].filter(([, child]) => !isEmptySet(child));
  return { member, children: new Map(kept) };
}

/** All that a view consists of: its leaves, and the items of lists as such. */
export function setOf(view: View): FieldSet {
  if (view.kind === "leaf") return LEAF;
  return node(
    view.item,
    [...view.parts].map(([name, part]) => [name, setOf(part)]),
  );
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children);
  for (const [name, child] of b.children)
    children.set(name, union(children.get(name) ?? EMPTY, child));
  return { member: a.member || b.member, children };
}

/** What is in `a` and not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return node(
    a.member && !b.member,
    [...a.children].map(([name, child]) => [
      name,
      difference(child, b.children.get(name) ?? EMPTY),
    ]),
  );
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return node(
    a.member && b.member,
    [...a.children].map(([name, child]) => [
      name,
      intersection(child, b.children.get(name) ?? EMPTY),
    ]),
  );
}

/** Reads `fieldsV1`. What is no set is empty. */
export function readFieldsV1(value: unknown): FieldSet {
  if (!isJsonObject(value)) return EMPTY;
  const names = Object.keys(value).filter((name) => name !== ".");
  const member = Object.hasOwn(value, ".") || names.length === 0;
  return {
    member,
    children: new Map(names.map((name) => [name, readFieldsV1(value[name])])),
  };
}

/** Writes `fieldsV1` of the set below the root. */
export function writeFieldsV1(
  { member, children }: FieldSet,
  root = true,
): Record<string, unknown> {
  const entries = [...children]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, child]) => [name, writeFieldsV1(child, false)] as const);
  const self = member && !root && children.size > 0 ? [[".", {}] as const] : [];
  return Object.fromEntries([...self, ...entries]);
}

function shown(name: string): string {
  if (name.startsWith("f:")) return `.${name.slice(2)}`;
  if (name.startsWith("v:")) return `[=${name.slice(2)}]`;
  const keys = Object.entries(JSON.parse(name.slice(2)) as Record<string, unknown>);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`;
}

/** Paths as people read them: `.spec.template.spec.containers[name="main"].image`. */
export function pathsOf({ member, children }: FieldSet, prefix = ""): string[] {
  const own = member && prefix !== "" ? [prefix] : [];
  const names = [...children.keys()].toSorted();
  return [...own, ...names.flatMap((name) => pathsOf(children.get(name)!, prefix + shown(name)))];
}
