import { BoltError } from "./errors.ts";
import type { Span } from "./free-spans.ts";
import {
  FREELIST_PAGE,
  HEADER_WORDS,
  type Page,
  PAGE_HEADER_SIZE,
  TWO_32,
  writePageHeader,
} from "./page.ts";
import type { NewPages } from "./transaction-state.ts";

/** A count of this in the header means that the first id is the real count. */
const COUNT_IN_FIRST_ID = 0xffff;

/** Bytes of a freelist page with so many ids. */
export function freelistSize(count: number): number {
  return PAGE_HEADER_SIZE + 8 * (count >= COUNT_IN_FIRST_ID ? count + 1 : count);
}

/** Page ids, u64 each. @param ids sorted @param pages zeroed, at least `freelistSize` bytes */
export function writeFreelistPage(pages: NewPages, ids: Float64Array): void {
  const words = new Uint32Array(pages.buffer, pages.offset);
  const large = ids.length >= COUNT_IN_FIRST_ID;
  const count = large ? COUNT_IN_FIRST_ID : ids.length;
  writePageHeader(words, pages.id, FREELIST_PAGE, count, pages.overflow);
  let word = HEADER_WORDS;
  if (large) {
    words[word] = ids.length;
    word += 2;
  }
  for (const id of ids) {
    words[word++] = id % TWO_32;
    words[word++] = Math.floor(id / TWO_32);
  }
}

/** The ids as the page has them: they may be out of order or repeated in a damaged file. */
export function readFreelistPage(page: Page): Float64Array {
  const { words } = page;
  let word = HEADER_WORDS;
  let count = page.count;
  if (count === COUNT_IN_FIRST_ID) {
    count = words[word]! + words[word + 1]! * TWO_32;
    word += 2;
  }
  if (word + count * 2 > words.length) {
    throw new BoltError("CORRUPT", `freelist page ${page.id}: ${count} ids do not fit`);
  }
  const ids = new Float64Array(count);
  for (let i = 0; i < count; i++, word += 2) ids[i] = words[word]! + words[word + 1]! * TWO_32;
  return ids;
}

/** Runs of sorted ids; raises `CORRUPT` when an id repeats or is not a usable page. */
export function spansOfIds(ids: Float64Array, highWater: number): Span[] {
  const sorted = ids.toSorted();
  const spans: Span[] = [];
  let start = -1;
  let end = -1;
  for (const id of sorted) {
    if (id < 2 || id >= highWater || id < end) {
      throw new BoltError("CORRUPT", `freelist has page ${id} twice or out of range`);
    }
    if (id !== end) {
      if (start > 0) spans.push({ start, length: end - start });
      start = id;
    }
    end = id + 1;
  }
  if (start > 0) spans.push({ start, length: end - start });
  return spans;
}
