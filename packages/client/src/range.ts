import {
  type Init,
  type RangeRequest,
  type RangeResponse,
  SortOrder,
  SortTarget,
} from "@nodetcd/messages";
import type { BytesLike } from "./bytes-like.ts";
import { isBoolean, isCount, isOneOf, isRevision, type OptionChecks } from "./check.ts";
import { KEY_SELECTION, type KeySelection, keyRange } from "./key-range.ts";
import { KeyValue } from "./key-value.ts";

export interface GetOptions {
  /** Read the store as it was at this revision. Default 0: the newest. `COMPACTED` if it is gone. */
  revision?: number;
  /**
   * Let the asked member answer from its own state without asking the others: faster, possibly
   * stale. Default false: linearizable.
   */
  serializable?: boolean;
}

export interface RangeOptions extends GetOptions, KeySelection {
  /** At most so many keys. Default 0: all. */
  limit?: number;
  /** What to sort by. Default `key`. Sorting by anything else reads all keys before `limit`. */
  sortBy?: "key" | "version" | "createRevision" | "modRevision" | "value";
  /** Default ascending. */
  order?: "ascend" | "descend";
  /** Leave the values out. Default false. */
  keysOnly?: boolean;
  /** Answer `count` alone. Default false. */
  countOnly?: boolean;
  /** Only keys last changed at or after this revision. Default 0: no bound. */
  minModRevision?: number;
  /** Only keys last changed at or before this revision. Default 0: no bound. */
  maxModRevision?: number;
  /** Only keys created at or after this revision. Default 0: no bound. */
  minCreateRevision?: number;
  /** Only keys created at or before this revision. Default 0: no bound. */
  maxCreateRevision?: number;
}

export interface RangeResult {
  /** Store revision of the member when it answered (not the `revision` that was asked for). */
  revision: number;
  keyValues: KeyValue[];
  /** True when `limit` cut the answer. */
  more: boolean;
  /** How many keys the selection has, whatever `limit` says. */
  count: number;
}

const SORT_TARGETS = {
  key: SortTarget.KEY,
  version: SortTarget.VERSION,
  createRevision: SortTarget.CREATE,
  modRevision: SortTarget.MOD,
  value: SortTarget.VALUE,
} as const;

const SORT_ORDERS = { ascend: SortOrder.ASCEND, descend: SortOrder.DESCEND } as const;

export const GET_OPTIONS: OptionChecks<GetOptions> = {
  revision: isRevision,
  serializable: isBoolean,
};

export const RANGE_OPTIONS: OptionChecks<RangeOptions> = {
  ...GET_OPTIONS,
  ...KEY_SELECTION,
  limit: isCount,
  sortBy: isOneOf(Object.keys(SORT_TARGETS)),
  order: isOneOf(Object.keys(SORT_ORDERS)),
  keysOnly: isBoolean,
  countOnly: isBoolean,
  minModRevision: isRevision,
  maxModRevision: isRevision,
  minCreateRevision: isRevision,
  maxCreateRevision: isRevision,
};

/** The request of a Range. Ascending by key is the order of the store: it is not asked for. */
export function rangeRequest(key: BytesLike, options: RangeOptions): Init<RangeRequest> {
  const { sortBy = "key", order = "ascend" } = options;
  const natural = sortBy === "key" && order === "ascend";
  return {
    ...keyRange(key, options),
    limit: options.limit,
    revision: options.revision,
    sortOrder: natural ? SortOrder.NONE : SORT_ORDERS[order],
    sortTarget: SORT_TARGETS[sortBy],
    serializable: options.serializable,
    keysOnly: options.keysOnly,
    countOnly: options.countOnly,
    minModRevision: options.minModRevision,
    maxModRevision: options.maxModRevision,
    minCreateRevision: options.minCreateRevision,
    maxCreateRevision: options.maxCreateRevision,
  };
}

export function rangeResult(response: RangeResponse): RangeResult {
  return {
    revision: response.header?.revision ?? 0,
    keyValues: response.kvs.map((wire) => new KeyValue(wire)),
    more: response.more,
    count: response.count,
  };
}
