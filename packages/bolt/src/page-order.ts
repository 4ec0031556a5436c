import { compareBytes } from "@nodetcd/bytes";
import { BoltError } from "./errors.ts";
import { MAX_TREE_DEPTH } from "./limits.ts";
import type { Page, PageSource } from "./page.ts";
import { branchChild, branchKey } from "./page-branch.ts";
import { leafKey } from "./page-leaf.ts";

function elementKey(page: Page, index: number): Uint8Array {
  return page.isLeaf ? leafKey(page, index) : branchKey(page, index);
}

/**
 * Raises `CORRUPT` unless the keys of a page ascend and lie where the branch above it says: a bit that was flipped
 * in a key would else hide what is there, and be written on with the next change.
 *
 * @param page not empty
 * @param low the key of the page in its branch
 * @param high the next key in that branch; undefined for its last page, which is bounded by the branch's own place
 */
export function checkPlace(
  source: PageSource,
  page: Page,
  low: Uint8Array,
  high: Uint8Array | undefined,
): void {
  let previous = elementKey(page, 0);
  if (compareBytes(low, previous) > 0) throw misplaced(page, "begins below");
  for (let i = 1; i < page.count; i++) {
    const key = elementKey(page, i);
    if (compareBytes(previous, key) >= 0) {
      throw new BoltError(
        "CORRUPT",
        `page ${page.id}: its keys ${i - 1} and ${i} are out of order`,
      );
    }
    previous = key;
  }
  if (high !== undefined && compareBytes(lastKey(source, page), high) >= 0) {
    throw misplaced(page, "ends above");
  }
}

function misplaced(page: Page, how: string): BoltError {
  return new BoltError("CORRUPT", `page ${page.id} ${how} what the branch above it says`);
}

/** The last key of a page and of all below it. */
function lastKey(source: PageSource, page: Page): Uint8Array {
  let at = page;
  for (let depth = 0; !at.isLeaf && at.count > 0; depth++) {
    if (depth > MAX_TREE_DEPTH) throw new BoltError("CORRUPT", `page ${page.id} has no last key`);
    at = source.page(branchChild(at, at.count - 1));
  }
  return at.count === 0 ? new Uint8Array(0) : leafKey(at, at.count - 1);
}
