import { assert } from "@nodetcd/bytes";
import { BitSet } from "./bit-set.ts";
import { BoltError } from "./errors.ts";
import { type FreeSpans, joinSpans, type Span } from "./free-spans.ts";
import { ArrayFreeSpans } from "./freelist-array.ts";
import { HashmapFreeSpans } from "./freelist-hashmap.ts";

/** `array`: lowest run first. `hashmap`: quick on large, fragmented files. The file is the same. */
export type FreelistType = "array" | "hashmap";

/**
 * When a page that a transaction gave up may be written again:
 *
 * - `oldest-reader`: when every open reader began after that transaction. One reader held open
 *   keeps all pages given up since, so the file grows with every commit.
 * - `between-readers`: also when no open reader began between the transaction that allocated the
 *   page and the one that gave it up: nobody can see it. With readers at 10 and 20, a page
 *   allocated by 12 and given up by 15 is free at once; one allocated by 8 and given up by 15 is
 *   what reader 10 sees, and waits.
 */
export type ReclaimPolicy = "between-readers" | "oldest-reader";

/** Pages that one transaction gave up, and which transaction had allocated them (0: not known). */
interface Pending {
  spans: (Span & { readonly allocatedBy: number })[];
  /** Start of the reader gap that was last released, so as not to look twice. */
  releasedFrom: number;
}

/**
 * Which pages are free, which wait until no reader can see them, and who allocated what. Knows
 * nothing of the file. A page is at any time in one of three places: used, pending or free.
 */
export class Freelist {
  readonly #free: FreeSpans;
  readonly #policy: ReclaimPolicy;
  readonly #pending = new Map<number, Pending>();
  readonly #allocatedBy = new Map<number, number>();
  /** Every page that is pending or free. */
  readonly #unused = new BitSet();
  /** What the open write transaction took from the free pages, for its rollback. */
  #taken: Span[] = [];
  /** First pages of all that the open write transaction allocated. */
  #allocatedNow: number[] = [];
  #pendingCount = 0;

  /** @param spans free pages, sorted, not adjacent */
  constructor(type: FreelistType, policy: ReclaimPolicy, spans: readonly Span[]) {
    this.#free = type === "array" ? new ArrayFreeSpans() : new HashmapFreeSpans();
    this.#policy = policy;
    this.#free.add(spans);
    for (const span of spans) this.#markUnused(span);
  }

  get freeCount(): number {
    return this.#free.count;
  }

  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** True when the page is free or pending. */
  isUnused(pageId: number): boolean {
    return this.#unused.has(pageId);
  }

  /** Contiguous free pages for transaction `txid`: the first id, or 0 when there is no such run. */
  allocate(txid: number, length: number): number {
    const start = this.#free.allocate(length);
    if (start === 0) return 0;
    for (let id = start; id < start + length; id++) this.#unused.delete(id);
    this.allocated(txid, start);
    this.#taken.push({ start, length });
    return start;
  }

  /** Forgets the free pages below `highWater`, down to the last one that is not free: the new high-water mark. */
  trim(highWater: number): number {
    const start = this.#free.takeEnd(highWater);
    if (start === highWater) return highWater;
    for (let id = start; id < highWater; id++) this.#unused.delete(id);
    this.#taken.push({ start, length: highWater - start });
    return start;
  }

  /** Remembers that `txid` allocated this page above the high-water mark. */
  allocated(txid: number, pageId: number): void {
    this.#allocatedBy.set(pageId, txid);
    this.#allocatedNow.push(pageId);
  }

  /** Transaction `txid` gives up a page and the `overflow` pages after it. */
  free(txid: number, pageId: number, overflow: number): void {
    assert(pageId > 1, `freelist: page ${pageId} cannot be freed`);
    const span = { start: pageId, length: overflow + 1 };
    for (let id = pageId; id <= pageId + overflow; id++) {
      // The file says that it is free, and a tree says that it is used: bad input, not a bug.
      if (this.#unused.has(id)) throw new BoltError("CORRUPT", `page ${id} is already free`);
    }
    this.#markUnused(span);
    let pending = this.#pending.get(txid);
    if (pending === undefined) {
      pending = { spans: [], releasedFrom: 0 };
      this.#pending.set(txid, pending);
    }
    pending.spans.push({ ...span, allocatedBy: this.#allocatedBy.get(pageId) ?? 0 });
    this.#allocatedBy.delete(pageId);
    this.#pendingCount += span.length;
  }

  /** Makes free what no reader can see. @param readers txids of the open readers, in any order */
  release(readers: readonly number[]): void {
    const sorted = [...readers].sort((a, b) => a - b);
    const released: Span[] = [];
    const oldest = sorted[0] ?? Infinity;
    for (const [txid, pending] of this.#pending) {
      if (txid >= oldest) continue;
      for (const { start, length } of pending.spans) released.push({ start, length });
      this.#pending.delete(txid);
    }
    if (this.#policy === "between-readers" && sorted.length > 0) {
      for (const [at, reader] of sorted.entries()) {
        this.#releaseGap(reader + 1, (sorted[at + 1] ?? Infinity) - 1, released);
      }
    }
    for (const span of released) this.#pendingCount -= span.length;
    this.#free.add(joinSpans(released));
  }

  /** Pages both allocated and given up by transactions `from` to `to`, where no reader began. */
  #releaseGap(from: number, to: number, released: Span[]): void {
    if (from > to) return;
    for (const [txid, pending] of this.#pending) {
      if (txid < from || txid > to || pending.releasedFrom === from) continue;
      pending.releasedFrom = from;
      const kept: Pending["spans"] = [];
      for (const span of pending.spans) {
        if (span.allocatedBy >= from && span.allocatedBy <= to) {
          released.push({ start: span.start, length: span.length });
        } else kept.push(span);
      }
      pending.spans = kept;
      if (kept.length === 0) this.#pending.delete(txid);
    }
  }

  /** The open write transaction is done; what it allocated is no longer taken back. */
  commit(): void {
    this.#taken = [];
    this.#allocatedNow = [];
  }

  /** Undoes everything that the open write transaction did: what it gave up, what it took. */
  rollback(txid: number): void {
    for (const { start, length, allocatedBy } of this.#pending.get(txid)?.spans ?? []) {
      for (let id = start; id < start + length; id++) this.#unused.delete(id);
      this.#pendingCount -= length;
      if (allocatedBy !== 0) this.#allocatedBy.set(start, allocatedBy);
    }
    this.#pending.delete(txid);
    for (const pageId of this.#allocatedNow) this.#allocatedBy.delete(pageId);
    for (const span of this.#taken) this.#markUnused(span);
    this.#free.add(joinSpans(this.#taken));
    this.commit();
  }

  /** Ids of all free pages, sorted. */
  freeIds(): Float64Array {
    return idsOf(this.#free.spans());
  }

  /** Ids of all free and pending pages, sorted: what the freelist page holds. */
  unusedIds(): Float64Array {
    return this.#unused.values(this.freeCount + this.#pendingCount);
  }

  #markUnused(span: Span): void {
    for (let id = span.start; id < span.start + span.length; id++) this.#unused.add(id);
  }
}

/** Ids of the pages in runs. */
export function idsOf(spans: readonly Span[]): Float64Array {
  let count = 0;
  for (const span of spans) count += span.length;
  const ids = new Float64Array(count);
  let at = 0;
  for (const { start, length } of spans) {
    for (let id = start; id < start + length; id++) ids[at++] = id;
  }
  return ids;
}
