import type { DiskFile } from "@nodetcd/runtime";
import { BoltError } from "./errors.ts";
import { COLLECTOR_BYTES } from "./limits.ts";
import {
  BRANCH_PAGE,
  ELEMENT_SIZE,
  FREELIST_PAGE,
  LEAF_PAGE,
  Page,
  PAGE_HEADER_SIZE,
  pageTypeName,
} from "./page.ts";
import { branchDefect } from "./page-branch.ts";
import { BUCKET_ELEMENT, leafDefect, leafFlags } from "./page-leaf.ts";

const CHUNK_BITS = 10;
const CHUNK_SIZE: number = 1 << CHUNK_BITS;

/**
 * Pages of one file by id, read when missing and kept within a byte budget. Eviction is by the clock
 * algorithm: a page that was asked for since the hand came by is spared once. So one scan of the
 * whole file does not push out the branches that every look-up uses.
 *
 * Look-up is two array indexings: a directory of chunks of 1,024 slots, made when first used.
 */
export class PageCache {
  readonly #file: DiskFile;
  readonly #pageSize: number;
  /** Bytes of pages to keep; the page being added may exceed it. */
  readonly #budget: number;
  readonly #chunks: ((Page | undefined)[] | undefined)[] = [];
  readonly #ring: Page[] = [];
  #hand = 0;
  #bytes = 0;

  /** @param budget bytes of memory for pages: those that are kept and those that wait for the collector */
  constructor(file: DiskFile, pageSize: number, budget: number) {
    this.#file = file;
    this.#pageSize = pageSize;
    this.#budget = Math.max(budget / 2, budget - COLLECTOR_BYTES);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The branch or leaf page with this id, checked to be sound in itself; raises `CORRUPT`. */
  page(id: number, highWater: number): Page {
    return this.#kept(id) ?? this.#keep(this.#read(id, highWater));
  }

  #kept(id: number): Page | undefined {
    const page = this.#chunks[id >>> CHUNK_BITS]?.[id & (CHUNK_SIZE - 1)];
    // An id above 2^32, from a damaged branch, finds the slot of another page.
    if (page?.id !== id) return undefined;
    page.referenced = true;
    return page;
  }

  /**
   * As `page`, for who wants to know what it refers to: of a leaf that goes on over several pages and holds no
   * bucket it is the first of them alone, which is not kept.
   */
  head(id: number, highWater: number): Page {
    const kept = this.#kept(id);
    if (kept !== undefined) return kept;
    const first = this.#readFirst(id, highWater);
    if (first.overflow === 0) return this.#keep(first);
    if (!isPlainLeaf(first)) return this.page(id, highWater);
    this.#requireInFile(first);
    return requireSound(first, (first.overflow + 1) * this.#pageSize);
  }

  #keep(page: Page): Page {
    this.put(requireSound(page, page.buffer.byteLength));
    return page;
  }

  /** As `page`, for the freelist, which is not kept. */
  freelistPage(id: number, highWater: number): Page {
    const page = this.#read(id, highWater);
    if (page.flags !== FREELIST_PAGE) {
      throw new BoltError("CORRUPT", `page ${id} is ${pageTypeName(page.flags)}, not freelist`);
    }
    return page;
  }

  /** Keeps a page that was read or written, in place of an older one with its id. */
  put(page: Page): void {
    const chunk = (this.#chunks[page.id >>> CHUNK_BITS] ??= newChunk());
    const old = chunk[page.id & (CHUNK_SIZE - 1)];
    if (old !== undefined) this.#remove(old);
    while (this.#bytes + page.buffer.byteLength > this.#budget && this.#ring.length > 0) {
      this.#evict();
    }
    chunk[page.id & (CHUNK_SIZE - 1)] = page;
    page.slot = this.#ring.length;
    this.#ring.push(page);
    this.#bytes += page.buffer.byteLength;
  }

  /** The page with this id has changed in the file. */
  forget(id: number): void {
    const page = this.#chunks[id >>> CHUNK_BITS]?.[id & (CHUNK_SIZE - 1)];
    if (page !== undefined) this.#remove(page);
  }

  #evict(): void {
    for (;;) {
      if (this.#hand >= this.#ring.length) this.#hand = 0;
      const page = this.#ring[this.#hand]!;
      if (!page.referenced) return this.#remove(page);
      page.referenced = false;
      this.#hand++;
    }
  }

  /** The last page of the ring takes the slot. */
  #remove(page: Page): void {
    const last = this.#ring.pop()!;
    if (last !== page) {
      this.#ring[page.slot] = last;
      last.slot = page.slot;
    }
    page.slot = -1;
    this.#chunks[page.id >>> CHUNK_BITS]![page.id & (CHUNK_SIZE - 1)] = undefined;
    this.#bytes -= page.buffer.byteLength;
  }

  #read(id: number, highWater: number): Page {
    const first = this.#readFirst(id, highWater);
    if (first.overflow === 0) return first;
    this.#requireInFile(first);
    return this.#readPages(id, first.overflow + 1);
  }

  #readFirst(id: number, highWater: number): Page {
    if (id < 2 || id >= highWater) {
      throw new BoltError("CORRUPT", `page ${id} is beyond the high-water mark ${highWater}`);
    }
    const first = this.#readPages(id, 1);
    if (first.id !== id) throw new BoltError("CORRUPT", `page ${id} says that it is ${first.id}`);
    if (id + first.overflow >= highWater) {
      throw new BoltError("CORRUPT", `page ${id} overflows the high-water mark ${highWater}`);
    }
    return first;
  }

  #requireInFile({ id, overflow }: Page): void {
    if ((id + overflow + 1) * this.#pageSize <= this.#file.size()) return;
    throw new BoltError("CORRUPT", `page ${id} ends beyond the file`);
  }

  #readPages(id: number, count: number): Page {
    const size = count * this.#pageSize;
    const buffer = new ArrayBuffer(size);
    if (this.#file.read(new Uint8Array(buffer), id * this.#pageSize) < size) {
      throw new BoltError("CORRUPT", `page ${id} ends beyond the file`);
    }
    return new Page(buffer);
  }
}

function newChunk(): (Page | undefined)[] {
  return Array.from<Page | undefined>({ length: CHUNK_SIZE });
}

/** It is a leaf without buckets, as far as its own page says all about that. */
function isPlainLeaf(first: Page): boolean {
  const { flags, count, buffer } = first;
  if (flags !== LEAF_PAGE || PAGE_HEADER_SIZE + count * ELEMENT_SIZE > buffer.byteLength)
    return false;
  for (let i = 0; i < count; i++) if ((leafFlags(first, i) & BUCKET_ELEMENT) !== 0) return false;
  return true;
}

/** Raises `CORRUPT`. @param size bytes of the page, where only its beginning is in memory */
function requireSound(page: Page, size: number): Page {
  const defect = pageDefect(page, size);
  if (defect !== undefined) throw new BoltError("CORRUPT", `page ${page.id}: ${defect}`);
  return page;
}

function pageDefect(page: Page, size: number): string | undefined {
  if (page.flags === LEAF_PAGE) return leafDefect(page, size);
  if (page.flags === BRANCH_PAGE) return branchDefect(page);
  return `invalid type: ${pageTypeName(page.flags)}`;
}
