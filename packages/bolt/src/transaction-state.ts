import { BoltError } from "./errors.ts";
import type { Freelist } from "./freelist.ts";
import type { Meta } from "./meta.ts";
import type { Page, PageSource } from "./page.ts";
import type { PageCache } from "./page-cache.ts";
import type { PageScratch } from "./page-scratch.ts";

export type TransactionStatus = "open" | "committing" | "closed";

/** What a transaction did; times in milliseconds, 0 when the database was given no clock. */
export interface TransactionStats {
  /** Pages allocated, overflow pages included. */
  pages: number;
  /** Bytes of them. */
  pageBytes: number;
  cursors: number;
  /** Merges of nodes, nodes written, and pages that a node needed beyond its first. */
  rebalances: number;
  spills: number;
  splits: number;
  /** Writes to the file. */
  writes: number;
  rebalanceMs: number;
  spillMs: number;
  /** The whole commit, waiting included. */
  commitMs: number;
}

export function newTransactionStats(): TransactionStats {
  return {
    pages: 0,
    pageBytes: 0,
    cursors: 0,
    rebalances: 0,
    spills: 0,
    splits: 0,
    writes: 0,
    rebalanceMs: 0,
    spillMs: 0,
    commitMs: 0,
  };
}

/** Pages that a transaction fills and a commit writes. */
export interface NewPages {
  readonly id: number;
  readonly overflow: number;
  /** Where they lie in memory, zeroed at first: all of them, from `offset`. */
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Readers will want them: they go into the page cache. Else their memory is used again. */
  readonly keep: boolean;
}

/** What a transaction and all its buckets and cursors share. */
export class TransactionState implements PageSource {
  status: TransactionStatus = "open";
  readonly writable: boolean;
  readonly pageSize: number;
  /** The committed state that this transaction began from. */
  readonly base: Meta;
  readonly txid: number;
  /** The first page id never used, raised by `allocate`. */
  highWater: number;
  /** Pages after the first of the committed freelist; a commit sets that of its own. */
  freelistOverflow = 0;
  readonly dirty: NewPages[] = [];
  readonly stats: TransactionStats = newTransactionStats();
  readonly #cache: PageCache;
  readonly #freelist: Freelist | undefined;
  readonly #maxPages: number;
  readonly #scratch: PageScratch | undefined;

  /**
   * @param freelist given to write transactions
   * @param maxPages the high-water mark that `allocate` may not exceed
   * @param scratch for pages that are not kept; without it all have memory of their own
   */
  constructor(
    base: Meta,
    cache: PageCache,
    freelist: Freelist | undefined,
    maxPages: number = Infinity,
    scratch?: PageScratch,
  ) {
    this.#scratch = scratch;
    this.writable = freelist !== undefined;
    this.pageSize = base.pageSize;
    this.base = base;
    this.txid = this.writable ? base.txid + 1 : base.txid;
    this.highWater = base.highWater;
    this.#cache = cache;
    this.#freelist = freelist;
    this.#maxPages = maxPages;
  }

  get freelist(): Freelist {
    if (this.#freelist === undefined) throw new BoltError("TX_NOT_WRITABLE");
    return this.#freelist;
  }

  page(id: number): Page {
    return this.#cache.page(id, this.highWater);
  }

  /** Gives up a page that the committed state uses; 0 is the page of what was never written. */
  free(pageId: number, overflow: number): void {
    if (pageId !== 0) this.freelist.free(this.txid, pageId, overflow);
  }

  /**
   * Room for `size` bytes in contiguous pages: free ones, else above the high-water mark. The commit
   * writes what is put there.
   */
  allocate(size: number, keep: boolean): NewPages {
    const count = Math.max(1, Math.ceil(size / this.pageSize));
    let id = this.freelist.allocate(this.txid, count);
    if (id === 0) {
      id = this.highWater;
      if (id + count > this.#maxPages) throw new BoltError("MAX_SIZE_REACHED");
      this.highWater += count;
      this.freelist.allocated(this.txid, id);
    }
    this.stats.pages += count;
    this.stats.pageBytes += count * this.pageSize;
    const pages = this.#memory(id, count, keep);
    this.dirty.push(pages);
    return pages;
  }

  #memory(id: number, count: number, keep: boolean): NewPages {
    const size = count * this.pageSize;
    const { buffer, offset } =
      keep || this.#scratch === undefined
        ? { buffer: new ArrayBuffer(size), offset: 0 }
        : this.#scratch.take(size);
    const bytes = new Uint8Array(buffer, offset, size);
    return { id, overflow: count - 1, buffer, offset, bytes, keep };
  }
}

export function requireOpen(state: TransactionState): void {
  if (state.status !== "open") throw new BoltError("TX_CLOSED");
}

export function requireWritable(state: TransactionState): void {
  if (state.status !== "open") throw new BoltError("TX_CLOSED");
  if (!state.writable) throw new BoltError("TX_NOT_WRITABLE");
}
