import { type RangeRequest, SortTarget } from "@nodetcd/messages";
import {
  parseStored,
  type RangeReader,
  type RangeReaderOptions,
  recordKey,
  type Store,
  type StoredKeyValue,
} from "@nodetcd/mvcc";
import { replyWriter } from "../wire/reply-writer.ts";
import type { Clock } from "@nodetcd/runtime";
import type { ResponseHeaders } from "../wire/response-header.ts";
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
import { type FairQueue, SlicedTask, type TimeSlice } from "./fair-queue.ts";

/** What a long read works with. */
export interface LongReads {
  readonly store: Store;
  readonly headers: ResponseHeaders;
  readonly fairQueue: FairQueue;
  readonly runtime: { readonly clock: Clock };
}

/** Pairs of a sorted range that are written between two looks at the clock. */
const ROWS_PER_LOOK = 16;

/** How a range is read that is written by `largeRange`. */
export function readerOptions(request: RangeRequest): RangeReaderOptions {
  return {
    revision: request.revision,
    // What is not ordered by value gets its values when it is in order.
    keysOnly: isSorted(request) ? !isByValue(request) : pairForm(request) === "indexed",
  };
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
  const { key, rangeEnd } = request;
  const options = { ...readerOptions(request), holdsHistory: true };
  const reader = parts.store.readRange(key, rangeEnd, options);
  try {
    const work = new SlicedTask(parts.fairQueue, parts.runtime.clock, isWanted);
    const whole = new ReplyParts();
    replyWriter.reset();
    parts.headers.write(replyWriter, reader.storeRevision);
    whole.add(replyWriter.finish());
    const add = (part: Uint8Array): void => whole.add(part);
    await work.finish(new LargeRange(request, reader, work, add).steps());
    return await work.finish(whole.join(work));
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

/** One large read: writes the fields of a RangeResponse behind its header, part by part. */
export class LargeRange {
  readonly #request: RangeRequest;
  readonly #limit: number;
  readonly #form: PairForm;
  readonly #reader: RangeReader;
  readonly #slice: TimeSlice;
  readonly #add: (part: Uint8Array) => void;
  #more = false;

  /**
   * @param reader opened with `readerOptions`; closed by the caller
   * @param add takes over a part of what is written
   */
  constructor(
    request: RangeRequest,
    reader: RangeReader,
    slice: TimeSlice,
    add: (part: Uint8Array) => void,
  ) {
    this.#request = request;
    this.#limit = request.limit > 0 ? request.limit : Infinity;
    this.#form = pairForm(request);
    this.#reader = reader;
    this.#slice = slice;
    this.#add = add;
  }

  /** Does all of it; yields where the slice is over, or may be. */
  *steps(): Generator<void, void> {
    if (this.#request.countOnly) yield* this.#countRest();
    else if (isSorted(this.#request)) yield* this.#writeSorted();
    else yield* this.#writeInOrder();
    this.#write(() => writeTotals(replyWriter, this.#more, this.#reader.count));
  }

  /** Adds what `write` writes into the writer that all replies share. */
  #write(write: () => void): void {
    replyWriter.reset();
    write();
    this.#add(replyWriter.finish());
  }

  *#countRest(): Generator<void, void> {
    const reader = this.#reader;
    for (;;) {
      reader.beginSlice(this.#slice.until);
      reader.countRest();
      if (reader.done) return;
      yield;
    }
  }

  /** In the order of keys: pairs are written as they are found. */
  *#writeInOrder(): Generator<void, void> {
    const reader = this.#reader;
    let written = 0;
    const writeSome = (): void => {
      for (let pair = reader.next(); pair !== undefined; pair = reader.next()) {
        if (!passesFilters(pair, this.#request)) continue;
        this.#more = written === this.#limit;
        if (this.#more) return;
        writePair(replyWriter, pair, this.#form);
        written++;
      }
    };
    for (;;) {
      reader.beginSlice(this.#slice.until);
      this.#write(writeSome);
      if (this.#more) break;
      if (reader.done) return;
      yield;
    }
    yield* this.#countRest();
  }

  /** All pairs that pass are kept, put in order, and written as far as the limit goes. */
  *#writeSorted(): Generator<void, void> {
    const kept = yield* this.#keep();
    const rows = yield* this.#order(kept);
    this.#more = rows.length > this.#limit;
    const written = Math.min(rows.length, this.#limit);
    let next = 0;
    const writeSome = (): void => {
      while (next < written) {
        writePair(replyWriter, this.#readKept(kept.bytes(rows[next]!)), this.#form);
        if (++next % ROWS_PER_LOOK === 0 && this.#slice.over) return;
      }
    };
    for (;;) {
      this.#reader.beginSlice(this.#slice.until);
      this.#write(writeSome);
      if (next === written) return;
      yield;
    }
  }

  *#keep(): Generator<void, SortBuffer> {
    const reader = this.#reader;
    yield* this.#countRest();
    const most = Math.min(reader.count, readLimit(this.#request) || Infinity);
    reader.restart();
    const kept = new SortBuffer(most);
    const { sortTarget } = this.#request;
    for (;;) {
      reader.beginSlice(this.#slice.until);
      for (let pair = reader.next(); pair !== undefined; pair = reader.next()) {
        if (!passesFilters(pair, this.#request)) continue;
        if (isByValue(this.#request)) kept.addWithPart(pair.bytes, pair.value);
        else kept.addWeighed(pair.bytes, weightOf(pair, sortTarget));
        if (kept.count === most) break;
      }
      if (reader.done || kept.count === most) break;
      yield;
    }
    yield* this.#countRest();
    return kept;
  }

  *#order(kept: SortBuffer): Generator<void, Uint32Array> {
    const { sortTarget } = this.#request;
    const descending = isDescending(this.#request);
    // Ascending they are already.
    if (sortTarget === SortTarget.KEY) return kept.backwards();
    const compare = isByValue(this.#request) ? kept.byPart(descending) : kept.byWeight(descending);
    return yield* kept.sort(compare, this.#slice);
  }

  /** The pair as it is to be written, of what was kept of it. */
  #readKept(bytes: Uint8Array): StoredKeyValue {
    if (isByValue(this.#request)) return parseStored(bytes);
    return this.#reader.readAgain(recordKey(bytes), this.#form === "indexed");
  }
}
