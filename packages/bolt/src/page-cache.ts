import type { DiskFile } from "@nodetcd/runtime";
import { BoltError } from "./errors.ts";
import { COLLECTOR_BYTES } from "./limits.ts";
import { BRANCH_PAGE, FREELIST_PAGE, LEAF_PAGE, Page, pageTypeName } from "./page.ts";
import { branchDefect } from "./page-branch.ts";
import { leafDefect } from "./page-leaf.ts";

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
    const page = this.#chunks[id >>> CHUNK_BITS]?.[id & (CHUNK_SIZE - 1)];
    // An id above 2^32, from a damaged branch, finds the slot of another page.
    if (page !== undefined && page.id === id) {
      page.referenced = true;
      return page;
    }
    const read = this.#read(id, highWater);
    const defect = pageDefect(read);
    if (defect !== undefined) throw new BoltError("CORRUPT", `page ${id}: ${defect}`);
    this.put(read);
    return read;
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
    if (id < 2 || id >= highWater) {
      throw new BoltError("CORRUPT", `page ${id} is beyond the high-water mark ${highWater}`);
    }
    const first = this.#readPages(id, 1);
    if (first.id !== id) throw new BoltError("CORRUPT", `page ${id} says that it is ${first.id}`);
    if (first.overflow === 0) return first;
    if (id + first.overflow >= highWater) {
      throw new BoltError("CORRUPT", `page ${id} overflows the high-water mark ${highWater}`);
    }
    return this.#readPages(id, first.overflow + 1);
  }

  #readPages(id: number, count: number): Page {
    const size = count * this.#pageSize;
    if (count > 1 && id * this.#pageSize + size > this.#file.size()) {
      throw new BoltError("CORRUPT", `page ${id} ends beyond the file`);
    }
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

function pageDefect(page: Page): string | undefined {
  if (page.flags === LEAF_PAGE) return leafDefect(page);
  if (page.flags === BRANCH_PAGE) return branchDefect(page);
  return `invalid type: ${pageTypeName(page.flags)}`;
}
