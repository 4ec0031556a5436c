import { BoltError } from "../errors.ts";
import {
  ELEMENT_SIZE,
  HEADER_WORDS,
  type Page,
  PAGE_HEADER_SIZE,
  pageKind,
  pageTypeName,
} from "../page.ts";
import { branchChild } from "../page-branch.ts";
import { leafFlags } from "../page-leaf.ts";
import { pageElements } from "./elements.ts";
import { activeMeta } from "./metas.ts";
import type { RawFile } from "./raw-file.ts";
import { FREELIST_NOT_STORED } from "./raw-meta.ts";

/** Undoes the last transaction: the older meta is written over the newer one. */
export function revertMeta(file: RawFile): void {
  const newer = activeMeta(file);
  copyPage(file, 1 - newer, newer);
}

/**
 * Writes a page, with all it continues into, over other pages, as the page `to`. Raises `CORRUPT` as
 * `RawFile.page`, and when the file has not that many pages from `to` on.
 */
export function copyPage(file: RawFile, from: number, to: number): void {
  const page = file.page(from);
  if ((to + page.overflow + 1) * file.pageSize > file.size()) {
    throw new BoltError("CORRUPT", `page ${to} is beyond the end of the file`);
  }
  setPageId(page, to);
  file.write(to, page.bytes);
}

function setPageId(page: Page, id: number): void {
  new DataView(page.buffer).setBigUint64(0, BigInt(id), true);
}

/** Makes both metas say that there is no freelist: the next writer finds the free pages itself. */
export function abandonFreelist(file: RawFile): void {
  for (const index of [0, 1]) {
    file.writeMeta(index, { ...file.meta(index), freelistPageId: FREELIST_NOT_STORED });
  }
}

/**
 * Removes elements `from` to `to - 1` (`to` -1: to the end) from a leaf or branch page. Pages that
 * only they referred to stay allocated.
 *
 * @returns true when pages were cut loose that the freelist does not have: abandon it
 */
export function clearElements(file: RawFile, id: number, from: number, to: number): boolean {
  const page = file.page(id);
  const kind = pageKind(page.flags);
  if (kind !== "leaf" && kind !== "branch") {
    throw new BoltError("PAGE_TYPE", `can't clear elements in "${pageTypeName(page.flags)}" page`);
  }
  if (page.count === 0) return false;
  requireRange(from, to, page.count);
  const end = to === -1 ? page.count : to;
  const used = keepElements(page, from, end);
  const overflow = Math.ceil(used / file.pageSize) - 1;
  page.words[3] = overflow;
  file.write(id, page.bytes.subarray(0, (overflow + 1) * file.pageSize));
  return overflow !== page.overflow || kind === "branch";
}

function requireRange(from: number, to: number, count: number): void {
  const problem =
    from < 0 || from >= count
      ? `the start index (${from}) is out of range [0, ${count})`
      : to !== -1 && (to < 0 || to > count)
        ? `the end index (${to}) is out of range [0, ${count}]`
        : to !== -1 && from > to
          ? `the start index (${from}) is bigger than the end index (${to})`
          : from === to
            ? `invalid: the start index (${from}) is equal to the end index (${to})`
            : undefined;
  if (problem !== undefined) throw new BoltError("ELEMENT_RANGE", problem);
}

/**
 * Leaves out elements `from` to `end - 1` of the page in memory. When these are the last ones, only
 * the count changes; else the others move together.
 *
 * @returns bytes used by header, elements and data that are left
 */
function keepElements(page: Page, from: number, end: number): number {
  // Whatever they say: an empty page is what heals a damaged one.
  const all = end - from === page.count;
  const kept = all ? [] : [...pageElements(page)].toSpliced(from, end - from);
  const parts = kept.map((element, at) => {
    const index = at < from ? at : at + end - from;
    const value = element.kind === "child" ? new Uint8Array(0) : element.value;
    const word = page.isLeaf ? leafFlags(page, index) : branchChild(page, index);
    return { key: element.key.slice(), value: value.slice(), word };
  });
  const wasLast = end === page.count;
  new DataView(page.buffer).setUint16(10, kept.length, true);
  let data = PAGE_HEADER_SIZE + kept.length * ELEMENT_SIZE;
  for (const [at, { key, value, word }] of parts.entries()) {
    if (!wasLast) writeElement(page, at, data, key, value, word);
    data += key.length + value.length;
  }
  return data;
}

/** @param word flags of a leaf element, page id of a branch element */
function writeElement(
  page: Page,
  at: number,
  data: number,
  key: Uint8Array,
  value: Uint8Array,
  word: number,
): void {
  const view = new DataView(page.buffer);
  const element = (HEADER_WORDS + at * 4) * 4;
  const position = data - element;
  if (page.isLeaf) {
    for (const [i, field] of [word, position, key.length, value.length].entries()) {
      view.setUint32(element + i * 4, field, true);
    }
  } else {
    view.setUint32(element, position, true);
    view.setUint32(element + 4, key.length, true);
    view.setBigUint64(element + 8, BigInt(word), true);
  }
  page.bytes.set(key, data);
  page.bytes.set(value, data + key.length);
}
