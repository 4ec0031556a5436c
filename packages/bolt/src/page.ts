/**
 * A page is the unit of the file: page `n` begins at byte `n * pageSize`. Integers are little-endian.
 *
 *     offset  size
 *     0       8     id of this page
 *     8       2     flags: what kind of page it is
 *     10      2     count of elements
 *     12      4     overflow: how many more pages this one continues into
 *     16            elements, then their keys and values
 */
export const PAGE_HEADER_SIZE = 16;
/** Bytes of one element header, on leaf and on branch pages. */
export const ELEMENT_SIZE = 16;

export const BRANCH_PAGE = 0x01;
export const LEAF_PAGE = 0x02;
export const META_PAGE = 0x04;
export const FREELIST_PAGE = 0x10;

export const TWO_32 = 0x1_0000_0000;
/** First four elements of `Page.words` are the header. */
export const HEADER_WORDS = 4;
/** What a processor fetches from memory at once, 64 bytes, in words. */
const CACHE_LINE_WORDS = 16;
/** `touch` stops here, 16 KiB: a value of megabytes would drive out what was fetched first. */
const MOST_TOUCHED_WORDS = 4096;

/** False on a big-endian machine, where this package refuses to open files. */
export const isLittleEndianHost: boolean = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

let serials = 0;

/**
 * A page in memory with everything it continues into; never changed once it is shared. Views of it
 * (keys, values) keep its memory alive, so they outlive the page cache.
 */
export class Page {
  readonly id: number;
  readonly flags: number;
  readonly count: number;
  readonly overflow: number;
  /** The page begins at byte 0 of its own memory. */
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;
  /** The same bytes as little-endian 32-bit words. */
  readonly words: Uint32Array;
  /** Used since the clock hand of the page cache came by. */
  referenced = false;
  /** Place in the ring of the page cache, -1 when it is not there. */
  slot = -1;
  /** No other page of this process has it. */
  readonly serial: number = ++serials;
  /** Serial of the branch that its keys were last compared with, its own for a root; 0 before that. */
  placedUnder = 0;
  /** What `touch` read, so that the reading is not optimized away. */
  touched = 0;

  /** @param buffer a whole page, owned by the page from now on; length is a multiple of 4 */
  constructor(buffer: ArrayBuffer) {
    const words = new Uint32Array(buffer);
    this.id = words[0]! + words[1]! * TWO_32;
    this.flags = words[2]! & 0xffff;
    this.count = words[2]! >>> 16;
    this.overflow = words[3]!;
    this.buffer = buffer;
    this.bytes = new Uint8Array(buffer);
    this.words = words;
  }

  get isLeaf(): boolean {
    return this.flags === LEAF_PAGE;
  }

  /**
   * Fetches the page from memory into the processor's cache: asked for together, cache lines arrive
   * together, while a reader that comes to them one by one waits for each.
   */
  touch(): void {
    const { words } = this;
    const end = Math.min(words.length, MOST_TOUCHED_WORDS);
    let read = 0;
    for (let at = 0; at < end; at += CACHE_LINE_WORDS) read |= words[at]!;
    this.touched = read;
  }
}

/** Where a tree's pages come from: a transaction. */
export interface PageSource {
  readonly pageSize: number;
  /** A branch or leaf page; raises `CORRUPT`. */
  page(id: number): Page;
}

/** Writes a page header into the first four of `words`. */
export function writePageHeader(
  words: Uint32Array,
  id: number,
  flags: number,
  count: number,
  overflow: number,
): void {
  words[0] = id % TWO_32;
  words[1] = Math.floor(id / TWO_32);
  words[2] = flags | (count << 16);
  words[3] = overflow;
}

/** What a page holds, by the flags of its header. */
export type PageKind = "branch" | "leaf" | "meta" | "freelist" | "unknown";

export function pageKind(flags: number): PageKind {
  switch (flags) {
    case BRANCH_PAGE:
      return "branch";
    case LEAF_PAGE:
      return "leaf";
    case META_PAGE:
      return "meta";
    case FREELIST_PAGE:
      return "freelist";
    default:
      return "unknown";
  }
}

/** The words bbolt's `pages` uses for a page's kind. */
export function pageTypeName(flags: number): string {
  const kind = pageKind(flags);
  return kind === "unknown" ? `unknown<${flags.toString(16).padStart(2, "0")}>` : kind;
}

/** Keys longer than this are compared natively. */
const SCRIPT_COMPARE_LIMIT = 64;

/** Compares `key` with the `size` bytes at `start` of `bytes`: negative, zero or positive. */
export function compareKeyAt(
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  size: number,
): number {
  const length = key.length < size ? key.length : size;
  if (length > SCRIPT_COMPARE_LIMIT) {
    return Buffer.compare(key, bytes.subarray(start, start + size));
  }
  for (let i = 0; i < length; i++) {
    const difference = key[i]! - bytes[start + i]!;
    if (difference !== 0) return difference;
  }
  return key.length - size;
}
