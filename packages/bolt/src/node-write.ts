import { keyAt, type BranchNode, childAt, type LeafNode } from "./node.ts";
import {
  BRANCH_PAGE,
  ELEMENT_SIZE,
  LEAF_PAGE,
  type Page,
  PAGE_HEADER_SIZE,
  TWO_32,
  writePageHeader,
} from "./page.ts";
import { leafFlags, leafKey, leafKeySize, leafKeyStart, leafValueSize } from "./page-leaf.ts";

/**
 * Writes entries `from` to `to - 1` as a leaf page at `offset` (a multiple of 4) of zeroed memory.
 * Keys and values are copied; those that lie together in `page` together.
 */
export function writeLeafPage(
  buffer: ArrayBuffer,
  offset: number,
  header: { id: number; overflow: number },
  leaf: LeafNode,
  from: number,
  to: number,
): void {
  const words = new Uint32Array(buffer, offset);
  const bytes = new Uint8Array(buffer, offset);
  const { page, entries } = leaf;
  writePageHeader(words, header.id, LEAF_PAGE, to - from, header.overflow);
  let start = PAGE_HEADER_SIZE + (to - from) * ELEMENT_SIZE;
  /** Bytes of `page` that are still to be copied, to `blockTarget`. */
  let blockStart = 0;
  let blockEnd = 0;
  let blockTarget = 0;
  for (let i = from, element = PAGE_HEADER_SIZE; i < to; i++, element += ELEMENT_SIZE) {
    const entry = entries[i]!;
    const word = element >>> 2;
    let keySize: number;
    let valueSize: number;
    if (typeof entry === "number") {
      keySize = leafKeySize(page!, entry);
      valueSize = leafValueSize(page!, entry);
      words[word] = leafFlags(page!, entry);
      const source = leafKeyStart(page!, entry);
      if (source !== blockEnd) {
        if (blockEnd > blockStart) copyBlock(page!, blockStart, blockEnd, bytes, blockTarget);
        blockStart = source;
        blockTarget = start;
      }
      blockEnd = source + keySize + valueSize;
    } else {
      if (blockEnd > blockStart) copyBlock(page!, blockStart, blockEnd, bytes, blockTarget);
      blockStart = blockEnd = 0;
      const key = typeof entry.key === "number" ? leafKey(page!, entry.key) : entry.key;
      keySize = key.length;
      valueSize = entry.value.length;
      words[word] = entry.flags;
      bytes.set(key, start);
      bytes.set(entry.value, start + keySize);
    }
    words[word + 1] = start - element;
    words[word + 2] = keySize;
    words[word + 3] = valueSize;
    start += keySize + valueSize;
  }
  if (blockEnd > blockStart) copyBlock(page!, blockStart, blockEnd, bytes, blockTarget);
}

function copyBlock(
  page: Page,
  start: number,
  end: number,
  target: Uint8Array,
  targetStart: number,
): void {
  target.set(new Uint8Array(page.buffer, start, end - start), targetStart);
}

/**
 * Writes children `from` to `to - 1` as a branch page into zeroed memory. All of them are pages. Keys
 * are copied.
 */
export function writeBranchPage(
  buffer: ArrayBuffer,
  header: { id: number; overflow: number },
  branch: BranchNode,
  from: number,
  to: number,
): void {
  const words = new Uint32Array(buffer);
  const bytes = new Uint8Array(buffer);
  writePageHeader(words, header.id, BRANCH_PAGE, to - from, header.overflow);
  let start = PAGE_HEADER_SIZE + (to - from) * ELEMENT_SIZE;
  for (let i = from, element = PAGE_HEADER_SIZE; i < to; i++, element += ELEMENT_SIZE) {
    const key = keyAt(branch, i);
    const child = childAt(branch, i);
    if (typeof child !== "number") throw new Error("a child was not written before its branch");
    const word = element >>> 2;
    words[word] = start - element;
    words[word + 1] = key.length;
    words[word + 2] = child % TWO_32;
    words[word + 3] = Math.floor(child / TWO_32);
    bytes.set(key, start);
    start += key.length;
  }
}
