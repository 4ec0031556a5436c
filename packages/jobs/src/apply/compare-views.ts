import { canonical } from "../objects/canonical.ts";
import { EMPTY, type FieldSet, setOf, union } from "./field-set.ts";
import type { View } from "./view.ts";

export interface Comparison {
  /** Paths that are new, or whose values differ. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

const NOTHING: Comparison = { changed: EMPTY, removed: EMPTY };

/** What makes `b` of `a`. */
export function compareViews(a: View | undefined, b: View | undefined): Comparison {
  if (a === undefined) return b === undefined ? NOTHING : { changed: setOf(b), removed: EMPTY };
  if (b === undefined) return { changed: EMPTY, removed: setOf(a) };
  if (a.kind === "leaf" || b.kind === "leaf") {
    if (a.kind === "leaf" && b.kind === "leaf" && canonical(a.value) === canonical(b.value)) {
      return NOTHING;
    }
    const same = a.kind === b.kind;
    return { changed: setOf(b), removed: same ? EMPTY : setOf(a) };
  }
  let changed = EMPTY;
  let removed = EMPTY;
  for (const name of new Set([...a.parts.keys(), ...b.parts.keys()])) {
    const part = compareViews(a.parts.get(name), b.parts.get(name));
    const at = (set: FieldSet): FieldSet => ({ member: false, children: new Map([[name, set]]) });
    if (part.changed !== EMPTY) changed = union(changed, at(part.changed));
    if (part.removed !== EMPTY) removed = union(removed, at(part.removed));
  }
  return { changed, removed };
}
