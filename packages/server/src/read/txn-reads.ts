import type { Compare, RangeRequest, TxnRequest } from "@nodetcd/messages";
import type { RangeReader, RangeReaderOptions, StoredKeyValue } from "@nodetcd/mvcc";
import { LARGE_RANGE_BYTES, LARGE_RANGE_KEYS } from "../limits.ts";
import { readerOptions } from "./large-range.ts";
import { type FoundRange, findSmallRange } from "./range.ts";
import { type LargeRangeView, rangeEnd } from "./range-view.ts";

/** What a transaction reads: for a reply, or to compare with. */
type Reading = RangeRequest | Compare;

/** How the ranges and comparisons of a transaction are read, all as of one moment, whatever time that takes. */
export interface TxnReads {
  /** Undefined when that is more than a turn of the loop has room for, or not as of the moment any more. */
  find(request: RangeRequest): FoundRange | undefined;
  /** The pairs to compare with; undefined as for `find`. */
  compared(compare: Compare): readonly StoredKeyValue[] | undefined;
  /** What `find` or `compared` did not answer. Closed by the caller. */
  open(reading: Reading): RangeReader;
  /** The turn ends, and others may change what is read. */
  beforePause(): void;
}

function findCompared(
  view: LargeRangeView,
  { key, rangeEnd: end }: Compare,
): readonly StoredKeyValue[] | undefined {
  if (end.length > 0 && view.spansMoreThan(key, end, LARGE_RANGE_KEYS)) return undefined;
  return view.rangeWithin(key, rangeEnd(end), {}, LARGE_RANGE_BYTES)?.keyValues;
}

function open(view: LargeRangeView, reading: Reading, holdsHistory: boolean): RangeReader {
  const own: RangeReaderOptions = "limit" in reading ? readerOptions(reading) : {};
  const { key, rangeEnd: end } = reading;
  // The end behind one key.
  const behind = end.length > 0 ? end : Buffer.concat([key, Buffer.alloc(1)]);
  return view.readRange(key, behind, { ...own, holdsHistory });
}

/** For a transaction that is applied: nobody else changes anything before it has ended. */
export function undisturbedReads(view: LargeRangeView): TxnReads {
  return {
    find: (request) => findSmallRange(view, request),
    compared: (compare) => findCompared(view, compare),
    open: (reading) => open(view, reading, false),
    beforePause: () => undefined,
  };
}

/** For one that only reads, while others write: at the end of its first turn it pins all that it may yet read. */
export class PinnedReads implements TxnReads {
  readonly #view: LargeRangeView;
  readonly #request: TxnRequest;
  /** Readers as of the first turn, or why there is none; undefined in that turn. */
  #pinned: Map<Reading, RangeReader | Error> | undefined;

  /** @param request nothing in it is nested */
  constructor(view: LargeRangeView, request: TxnRequest) {
    this.#view = view;
    this.#request = request;
  }

  find(request: RangeRequest): FoundRange | undefined {
    return this.#pinned === undefined ? findSmallRange(this.#view, request) : undefined;
  }

  compared(compare: Compare): readonly StoredKeyValue[] | undefined {
    return this.#pinned === undefined ? findCompared(this.#view, compare) : undefined;
  }

  open(reading: Reading): RangeReader {
    const pinned = this.#pinned?.get(reading) ?? open(this.#view, reading, true);
    if (pinned instanceof Error) throw pinned;
    return pinned;
  }

  beforePause(): void {
    if (this.#pinned !== undefined) return;
    this.#pinned = new Map();
    const { compare, success, failure } = this.#request;
    for (const each of compare) this.#pin(each);
    for (const { requestRange } of [...success, ...failure]) {
      if (requestRange !== undefined) this.#pin(requestRange);
    }
  }

  #pin(reading: Reading): void {
    let pinned: RangeReader | Error;
    try {
      pinned = open(this.#view, reading, true);
    } catch (error) {
      pinned = error as Error;
    }
    this.#pinned!.set(reading, pinned);
  }

  close(): void {
    for (const pinned of this.#pinned?.values() ?? []) {
      if (!(pinned instanceof Error)) pinned.close();
    }
  }
}
