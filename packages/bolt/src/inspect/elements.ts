import { BoltError } from "../errors.ts";
import { FREELIST_PAGE, type Page, pageKind, pageTypeName } from "../page.ts";
import { branchChild, branchDefect, branchKey } from "../page-branch.ts";
import { readFreelistPage } from "../page-freelist.ts";
import { BUCKET_ELEMENT, leafDefect, leafFlags, leafKey, leafValue } from "../page-leaf.ts";

/** An element of a leaf or branch page. Keys and values are views of the page. */
export type PageElement =
  | { readonly kind: "value"; readonly key: Uint8Array; readonly value: Uint8Array }
  /** `value`: bucket header, and after it the page of an inline bucket. */
  | {
      readonly kind: "bucket";
      readonly key: Uint8Array;
      readonly value: Uint8Array;
      readonly rootPageId: bigint;
      readonly sequence: bigint;
    }
  | { readonly kind: "child"; readonly key: Uint8Array; readonly pageId: number };

/** Raises `CORRUPT` when an element lies outside its page, `PAGE_TYPE` for other kinds of page. */
export function* pageElements(page: Page): Generator<PageElement> {
  requireSound(page);
  for (let index = 0; index < page.count; index++) yield elementAt(page, index);
}

/** Element `index` of a leaf or branch page; errors as `pageElements`, `ELEMENT_RANGE`. */
export function pageElement(page: Page, index: number): PageElement {
  requireSound(page);
  if (index >= page.count) {
    throw new BoltError("ELEMENT_RANGE", `page ${page.id} has ${page.count}, asked for ${index}`);
  }
  return elementAt(page, index);
}

function elementAt(page: Page, index: number): PageElement {
  if (!page.isLeaf) {
    return { kind: "child", key: branchKey(page, index), pageId: branchChild(page, index) };
  }
  const key = leafKey(page, index);
  const value = leafValue(page, index);
  if ((leafFlags(page, index) & BUCKET_ELEMENT) === 0) return { kind: "value", key, value };
  if (value.length < 16) {
    throw new BoltError("CORRUPT", `page ${page.id}: element ${index}: bucket header is cut short`);
  }
  const view = new DataView(value.buffer, value.byteOffset, 16);
  const rootPageId = view.getBigUint64(0, true);
  return { kind: "bucket", key, value, rootPageId, sequence: view.getBigUint64(8, true) };
}

/** Ids on a freelist page, as stored; errors as `pageElements`. */
export function freelistIds(page: Page): Float64Array {
  if (page.flags !== FREELIST_PAGE) throw wrongType(page);
  return readFreelistPage(page);
}

function requireSound(page: Page): void {
  const kind = pageKind(page.flags);
  if (kind !== "leaf" && kind !== "branch") throw wrongType(page);
  if (page.count === 0) return;
  const defect = kind === "leaf" ? leafDefect(page) : branchDefect(page);
  if (defect !== undefined) throw new BoltError("CORRUPT", `page ${page.id}: ${defect}`);
}

function wrongType(page: Page): BoltError {
  return new BoltError("PAGE_TYPE", `page ${page.id} is ${pageTypeName(page.flags)}`);
}
