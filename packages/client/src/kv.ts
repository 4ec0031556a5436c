import { type Init, METHODS, type TxnRequest } from "@nodetcd/messages";
import { concatBytes } from "@nodetcd/bytes";
import type { BytesLike } from "./bytes-like.ts";
import { CALL_OPTIONS, type CallOptions } from "./call-options.ts";
import type { Calls } from "./calls.ts";
import {
  DELETE_OPTIONS,
  deleteRequest,
  type DeleteOptions,
  type DeleteResult,
  deleteResult,
} from "./delete-range.ts";
import { EtcdError } from "./errors.ts";
import {
  checkOptions,
  isBoolean,
  isOneOf,
  isPositive,
  isRevision,
  type OptionChecks,
} from "./check.ts";
import { KEY_SELECTION, type KeySelection, keyRange } from "./key-range.ts";
import type { KeyValue } from "./key-value.ts";
import { PAGE_KEYS } from "./limits.ts";
import { PUT_OPTIONS, putRequest, type PutOptions, type PutResult, putResult } from "./put.ts";
import {
  GET_OPTIONS,
  type GetOptions,
  RANGE_OPTIONS,
  type RangeOptions,
  rangeRequest,
  type RangeResult,
  rangeResult,
} from "./range.ts";
import { TxnBuilder, txnResult } from "./txn.ts";

export interface EntriesOptions extends CallOptions, GetOptions, KeySelection {
  /** Keys a page. Default 1,000. */
  pageSize?: number;
  /** Leave the values out. Default false. */
  keysOnly?: boolean;
  /**
   * What to do when the revision that the pages show is compacted on the way: `fail` with `COMPACTED`, or `continue` after the last
   * key at the newest revision. A key that is there all the time comes once in either case. Default `fail`.
   */
  whenCompacted?: "fail" | "continue";
}

export interface CompactOptions extends CallOptions {
  /** Wait until the space is free inside the file, not just until old revisions are hidden. */
  physical?: boolean;
}

const ZERO = new Uint8Array(1);

const GET = { ...CALL_OPTIONS, ...GET_OPTIONS, keysOnly: isBoolean };
const RANGE = { ...CALL_OPTIONS, ...RANGE_OPTIONS };
const ENTRIES: OptionChecks<EntriesOptions> = {
  ...GET,
  ...KEY_SELECTION,
  pageSize: isPositive,
  whenCompacted: isOneOf(["fail", "continue"]),
};
const PUT = { ...CALL_OPTIONS, ...PUT_OPTIONS };
const DELETE = { ...CALL_OPTIONS, ...DELETE_OPTIONS };
const COMPACT: OptionChecks<CompactOptions> = { ...CALL_OPTIONS, physical: isBoolean };

/** Keys and values. Strings are UTF-8; see `BytesLike`. Every method raises `EtcdError`. */
export class Kv {
  readonly #connection: Calls;

  constructor(connection: Calls) {
    this.#connection = connection;
  }

  /** The key with its value, or `undefined` when there is none. */
  async get(
    key: BytesLike,
    options: CallOptions & GetOptions & { keysOnly?: boolean } = {},
  ): Promise<KeyValue | undefined> {
    checkOptions(options, GET);
    const { keyValues } = await this.range(key, options);
    return keyValues[0];
  }

  /** Many keys in one reply; for very many use `entries`. */
  async range(key: BytesLike, options: CallOptions & RangeOptions = {}): Promise<RangeResult> {
    checkOptions(options, RANGE);
    const request = rangeRequest(key, options);
    return rangeResult(await this.#connection.call(METHODS.KV.Range, request, options));
  }

  /**
   * All keys of a selection in key order, fetched page by page as they are read. All pages show one
   * revision: that of the first page, or the one asked for; see `whenCompacted`.
   */
  async *entries(
    key: BytesLike,
    options: EntriesOptions = {},
  ): AsyncGenerator<KeyValue, void, undefined> {
    checkOptions(options, ENTRIES);
    const range = keyRange(key, options);
    const { pageSize = PAGE_KEYS, whenCompacted = "fail", ...others } = options;
    const { prefix: _, fromKey: __, end: ___, ...rest } = others;
    const selection = range.rangeEnd.length === 0 ? {} : { end: range.rangeEnd };
    let from = range.key;
    let { revision = 0 } = options;
    for (;;) {
      const read = { ...rest, ...selection, revision, limit: pageSize };
      const page = await this.range(from, read).catch((error: unknown) => {
        const isGone = error instanceof EtcdError && error.code === "COMPACTED";
        if (!isGone || whenCompacted === "fail") throw error;
        return undefined;
      });
      if (page === undefined) {
        revision = 0;
        continue;
      }
      yield* page.keyValues;
      const last = page.keyValues.at(-1);
      if (!page.more || last === undefined) return;
      revision ||= page.revision;
      from = concatBytes([last.key, ZERO]);
    }
  }

  /** Stores a value. A key that had a lease loses it unless `lease` or `ignoreLease` says otherwise. */
  async put(
    key: BytesLike,
    value: BytesLike,
    options: CallOptions & PutOptions = {},
  ): Promise<PutResult> {
    checkOptions(options, PUT);
    return putResult(
      await this.#connection.call(METHODS.KV.Put, putRequest(key, value, options), options),
    );
  }

  /** Deletes a key or a selection of keys. */
  async delete(key: BytesLike, options: CallOptions & DeleteOptions = {}): Promise<DeleteResult> {
    checkOptions(options, DELETE);
    const request = deleteRequest(key, options);
    return deleteResult(await this.#connection.call(METHODS.KV.DeleteRange, request, options));
  }

  /** Begins a transaction; nothing is sent before `commit`. */
  txn(options: CallOptions = {}): TxnBuilder {
    checkOptions(options, CALL_OPTIONS);
    return new TxnBuilder(async (request: Init<TxnRequest>) =>
      txnResult(await this.#connection.call(METHODS.KV.Txn, request, options)),
    );
  }

  /** Forgets history before this revision: reads and watches there fail with `COMPACTED`. */
  async compact(revision: number, options: CompactOptions = {}): Promise<void> {
    checkOptions(options, COMPACT);
    isRevision(revision, "revision");
    const request = { revision, physical: options.physical };
    await this.#connection.call(METHODS.KV.Compact, request, options);
  }
}
