import { BoltError } from "./errors.ts";
import { getElement } from "./get.ts";
import { searchNode } from "./node.ts";
import { leafForChange } from "./put.ts";
import type { Tree } from "./tree.ts";

/**
 * Removes a key with its value; nothing happens when it is missing. A nested bucket is not removed
 * this way: `INCOMPATIBLE_VALUE`.
 */
export function deleteValue(tree: Tree, key: Uint8Array): void {
  const element = getElement(tree, key);
  if (element === undefined) return;
  if (element.isBucket) throw new BoltError("INCOMPATIBLE_VALUE");
  deleteEntry(tree, key);
}

/** Removes an entry that is there, of either kind. */
export function deleteEntry(tree: Tree, key: Uint8Array): void {
  const leaf = leafForChange(tree, key);
  const at = searchNode(leaf, key);
  if (at < 0) return;
  leaf.entries.splice(at, 1);
  leaf.unbalanced = true;
  tree.changes++;
}
