import {
  compareKeyAt,
  ELEMENT_SIZE,
  HEADER_WORDS,
  type Page,
  PAGE_HEADER_SIZE,
  TWO_32,
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
