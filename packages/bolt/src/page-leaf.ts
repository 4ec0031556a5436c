import { compareKeyAt, ELEMENT_SIZE, HEADER_WORDS, type Page, PAGE_HEADER_SIZE } from "./page.ts";

/**
 * A leaf element is 16 bytes, and its position counts from the element's own first byte:
 *
 *     flags u32 (1: the value is a bucket)   position u32   key size u32   value size u32
 *
 * The value follows its key without a gap.
 */
export const BUCKET_ELEMENT = 0x01;

export function leafFlags(page: Page, index: number): number {
  return page.words[HEADER_WORDS + index * 4]!;
}

export function leafKeySize(page: Page, index: number): number {
  return page.words[HEADER_WORDS + index * 4 + 2]!;
}

export function leafValueSize(page: Page, index: number): number {
  return page.words[HEADER_WORDS + index * 4 + 3]!;
}

/** Offset of the key in the page. */
export function leafKeyStart(page: Page, index: number): number {
  return PAGE_HEADER_SIZE + index * ELEMENT_SIZE + page.words[HEADER_WORDS + index * 4 + 1]!;
}

/** A view of the page. */
export function leafKey(page: Page, index: number): Uint8Array {
  return new Uint8Array(page.buffer, leafKeyStart(page, index), leafKeySize(page, index));
}

/** A view of the page. */
export function leafValue(page: Page, index: number): Uint8Array {
  return new Uint8Array(
    page.buffer,
    leafKeyStart(page, index) + leafKeySize(page, index),
    leafValueSize(page, index),
  );
}

/** Index of the key; when it is missing, `~index` of the first key above it. */
export function searchLeaf(page: Page, key: Uint8Array): number {
  const { words, bytes } = page;
  let low = 0;
  let high = page.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const word = HEADER_WORDS + middle * 4;
    const start = PAGE_HEADER_SIZE + middle * ELEMENT_SIZE + words[word + 1]!;
    const order = compareKeyAt(key, bytes, start, words[word + 2]!);
    if (order === 0) return middle;
    if (order > 0) low = middle + 1;
    else high = middle;
  }
  return ~low;
}

/** Order of the first keys of two pages that are not empty, without making a view of either. */
export function compareFirstKeys(left: Page, right: Page): number {
  const leftStart = leafKeyStart(left, 0);
  const rightStart = leafKeyStart(right, 0);
  const leftSize = leafKeySize(left, 0);
  const rightSize = leafKeySize(right, 0);
  const length = leftSize < rightSize ? leftSize : rightSize;
  for (let i = 0; i < length; i++) {
    const difference = left.bytes[leftStart + i]! - right.bytes[rightStart + i]!;
    if (difference !== 0) return difference;
  }
  return leftSize - rightSize;
}

/**
 * What is wrong with the elements of a leaf page, if anything: all must lie within the page.
 *
 * @param size bytes of the page, where only its beginning is in memory
 */
export function leafDefect(page: Page, size: number = page.buffer.byteLength): string | undefined {
  const { words, count } = page;
  const dataStart = PAGE_HEADER_SIZE + count * ELEMENT_SIZE;
  if (dataStart > size) return `${count} elements do not fit`;
  for (let i = 0; i < count; i++) {
    const word = HEADER_WORDS + i * 4;
    const start = PAGE_HEADER_SIZE + i * ELEMENT_SIZE + words[word + 1]!;
    const keySize = words[word + 2]!;
    if (keySize === 0) return `element ${i} has an empty key`;
    if (start < dataStart || start + keySize + words[word + 3]! > size) {
      return `element ${i} lies outside the page`;
    }
  }
  return undefined;
}
