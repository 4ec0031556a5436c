import {
  BRANCH_PAGE,
  compareKeyAt,
  ELEMENT_SIZE,
  HEADER_WORDS,
  type Page,
  PAGE_HEADER_SIZE,
  TWO_32,
  writePageHeader,
} from "./page.ts";

/**
 * A branch element is 16 bytes, and its position counts from the element's own first byte:
 *
 *     position u32   key size u32   child page id u64
 *
 * The key is at or below every key under the child, and above every key under the child before.
 */
export function branchKey(page: Page, index: number): Uint8Array {
  const word = HEADER_WORDS + index * 4;
  return new Uint8Array(
    page.buffer,
    PAGE_HEADER_SIZE + index * ELEMENT_SIZE + page.words[word]!,
    page.words[word + 1]!,
  );
}

export function branchKeySize(page: Page, index: number): number {
  return page.words[HEADER_WORDS + index * 4 + 1]!;
}

export function branchChild(page: Page, index: number): number {
  const word = HEADER_WORDS + index * 4 + 2;
  return page.words[word]! + page.words[word + 1]! * TWO_32;
}

/** Index of the child under which `key` is or would be: the last with a key at or below it, or 0. */
export function searchBranch(page: Page, key: Uint8Array): number {
  const { words, bytes } = page;
  let low = 1;
  let high = page.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const word = HEADER_WORDS + middle * 4;
    const start = PAGE_HEADER_SIZE + middle * ELEMENT_SIZE + words[word]!;
    if (compareKeyAt(key, bytes, start, words[word + 1]!) >= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What is wrong with the elements of a branch page, if anything: all must lie within the page. */
export function branchDefect(page: Page): string | undefined {
  const { words, count } = page;
  const size = page.buffer.byteLength;
  const dataStart = PAGE_HEADER_SIZE + count * ELEMENT_SIZE;
  if (count === 0) return "branch without children";
  if (dataStart > size) return `${count} elements do not fit`;
  for (let i = 0; i < count; i++) {
    const word = HEADER_WORDS + i * 4;
    const start = PAGE_HEADER_SIZE + i * ELEMENT_SIZE + words[word]!;
    const keySize = words[word + 1]!;
    if (keySize === 0) return `element ${i} has an empty key`;
    if (start < dataStart || start + keySize > size) return `element ${i} lies outside the page`;
  }
  return undefined;
}

/** A key that is a number is that element's of `page`. */
export interface BranchEntries {
  readonly page: Page | undefined;
  readonly keys: readonly (Uint8Array | number)[];
  readonly children: readonly number[];
}

/** Writes children `from` to `to - 1` as a branch page into zeroed memory. Keys are copied. */
export function writeBranchPage(
  buffer: ArrayBuffer,
  header: { id: number; overflow: number },
  entries: BranchEntries,
  from: number,
  to: number,
): void {
  const words = new Uint32Array(buffer);
  const bytes = new Uint8Array(buffer);
  writePageHeader(words, header.id, BRANCH_PAGE, to - from, header.overflow);
  let start = PAGE_HEADER_SIZE + (to - from) * ELEMENT_SIZE;
  for (let i = from, element = PAGE_HEADER_SIZE; i < to; i++, element += ELEMENT_SIZE) {
    const ref = entries.keys[i]!;
    const key = typeof ref === "number" ? branchKey(entries.page!, ref) : ref;
    const child = entries.children[i]!;
    const word = element >>> 2;
    words[word] = start - element;
    words[word + 1] = key.length;
    words[word + 2] = child % TWO_32;
    words[word + 3] = Math.floor(child / TWO_32);
    bytes.set(key, start);
    start += key.length;
  }
}
