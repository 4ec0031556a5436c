import { type RangeRequest, SortTarget } from "@nodetcd/messages";
import {
  parseStored,
  type RangeReader,
  recordKey,
  type Store,
  type StoredKeyValue,
} from "@nodetcd/mvcc";
import { replyWriter } from "../wire/reply-writer.ts";
import type { Clock } from "@nodetcd/runtime";
import type { ResponseHeaders } from "../wire/response-header.ts";
import { LARGE_RANGE_KEYS } from "../limits.ts";
import { SortBuffer } from "./sort-buffer.ts";
import {
  isDescending,
  isSorted,
  type PairForm,
  pairForm,
  passesFilters,
  readLimit,
  writePair,
  writeTotals,
} from "./range.ts";
import { ReplyParts } from "./reply-parts.ts";
import { SlicedTask, type FairQueue } from "./fair-queue.ts";

/** What a long read works with. */
export interface LongReads {
  readonly store: Store;
  readonly headers: ResponseHeaders;
  readonly fairQueue: FairQueue;
  readonly runtime: { readonly clock: Clock };
}

/** Pairs of a sorted range that are written between two looks at the clock. */
const ROWS_PER_LOOK = 16;

/** True for a range that is too large to be read in one turn of the loop. */
export function isLargeRange(
  { store }: Pick<LongReads, "store">,
  { key, rangeEnd }: RangeRequest,
): boolean {
  return rangeEnd.length > 0 && store.spansMoreThan(key, rangeEnd, LARGE_RANGE_KEYS);
}

/**
 * Reads a range of any size as of one revision, in slices; what fits into the first slice is done at
 * once. A compaction meanwhile does not disturb it, as in etcd. Raises what reading raises, and `CALL_GONE`.
 *
 * @param isWanted asked now and then: false ends the work
 * @returns the encoded RangeResponse, owned by the caller
 */
export async function readLargeRange(
  parts: LongReads,
  request: RangeRequest,
  isWanted: () => boolean,
): Promise<Uint8Array> {
  const sorted = isSorted(request);
  const reader = parts.store.readRange(request.key, request.rangeEnd, {
    revision: request.revision,
    // What is not ordered by value gets its values when it is in order.
    keysOnly: sorted ? !isByValue(request) : pairForm(request) === "indexed",
    holdsHistory: true,
  });
  try {
    const work = new SlicedTask(parts.fairQueue, parts.runtime.clock, isWanted);
    const range = new LargeRange(request, reader, work);
    range.writePart(() => parts.headers.write(replyWriter, reader.storeRevision));
    if (request.countOnly) await range.countRest();
    else if (sorted) await range.writeSorted();
    else await range.writeInOrder();
    return await range.finish();
  } finally {
    reader.close();
  }
}

function isByValue({ sortTarget }: RangeRequest): boolean {
  return sortTarget === SortTarget.VALUE;
}

/** What a pair is ordered by, unless by key or value. */
function weightOf(pair: StoredKeyValue, target: SortTarget): number {
  if (target === SortTarget.VERSION) return pair.version;
  return target === SortTarget.CREATE ? pair.createRevision : pair.modRevision;
}

/** One large read, and its reply as far as it is written. */
class LargeRange {
  readonly #request: RangeRequest;
  readonly #limit: number;
  readonly #form: PairForm;
  readonly #reader: RangeReader;
  readonly #work: SlicedTask;
  readonly #parts = new ReplyParts();
  #more = false;

  constructor(request: RangeRequest, reader: RangeReader, work: SlicedTask) {
    this.#request = request;
    this.#limit = request.limit > 0 ? request.limit : Infinity;
    this.#form = pairForm(request);
    this.#reader = reader;
    this.#work = work;
  }

  /** Adds to the reply what `write` writes into the writer that all replies share. */
  writePart(write: () => void): void {
    replyWriter.reset();
    write();
    this.#parts.add(replyWriter.finish());
  }

  async countRest(): Promise<void> {
    const reader = this.#reader;
    await this.#work.run((until) => {
      reader.beginSlice(until);
      reader.countRest();
      return reader.done;
    });
  }

  /** In the order of keys: pairs are written as they are found. */
  async writeInOrder(): Promise<void> {
    const reader = this.#reader;
    let written = 0;
    await this.#work.run((until) => {
      reader.beginSlice(until);
      this.writePart(() => {
        for (let pair = reader.next(); pair !== undefined; pair = reader.next()) {
          if (!passesFilters(pair, this.#request)) continue;
          this.#more = written === this.#limit;
          if (this.#more) return;
          writePair(replyWriter, pair, this.#form);
          written++;
        }
      });
      return this.#more || reader.done;
    });
    if (this.#more) await this.countRest();
  }

  /** All pairs that pass are kept, put in order, and written as far as the limit goes. */
  async writeSorted(): Promise<void> {
    const kept = await this.#keep();
    const rows = await this.#order(kept);
    this.#more = rows.length > this.#limit;
    const written = Math.min(rows.length, this.#limit);
    let next = 0;
    await this.#work.run((until) => {
      this.#reader.beginSlice(until);
      this.writePart(() => {
        while (next < written) {
          writePair(replyWriter, this.#readKept(kept.bytes(rows[next]!)), this.#form);
          if (++next % ROWS_PER_LOOK === 0 && this.#work.over) return;
        }
      });
      return next === written;
    });
  }

  async #keep(): Promise<SortBuffer> {
    const reader = this.#reader;
    await this.countRest();
    const most = Math.min(reader.count, readLimit(this.#request) || Infinity);
    reader.restart();
    const kept = new SortBuffer(most);
    const { sortTarget } = this.#request;
    await this.#work.run((until) => {
      reader.beginSlice(until);
      while (kept.count < most) {
        const pair = reader.next();
        if (pair === undefined) return reader.done;
        if (!passesFilters(pair, this.#request)) continue;
        if (isByValue(this.#request)) kept.addWithPart(pair.bytes, pair.value);
        else kept.addWeighed(pair.bytes, weightOf(pair, sortTarget));
      }
      return true;
    });
    await this.countRest();
    return kept;
  }

  #order(kept: SortBuffer): Promise<Uint32Array> | Uint32Array {
    const { sortTarget } = this.#request;
    const descending = isDescending(this.#request);
    // Ascending they are already.
    if (sortTarget === SortTarget.KEY) return kept.backwards();
    const compare = isByValue(this.#request) ? kept.byPart(descending) : kept.byWeight(descending);
    return kept.sort(compare, this.#work);
  }

  /** The pair as it is to be written, of what was kept of it. */
  #readKept(bytes: Uint8Array): StoredKeyValue {
    if (isByValue(this.#request)) return parseStored(bytes);
    return this.#reader.readAgain(recordKey(bytes), this.#form === "indexed");
  }

  finish(): Promise<Uint8Array> {
    this.writePart(() => writeTotals(replyWriter, this.#more, this.#reader.count));
    return this.#parts.join(this.#work);
  }
}
