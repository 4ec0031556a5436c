import type { DeleteRangeRequest, DeleteRangeResponse, Init } from "@nodetcd/messages";
import type { BytesLike } from "./bytes-like.ts";
import { isBoolean, type OptionChecks } from "./check.ts";
import { KEY_SELECTION, type KeySelection, keyRange } from "./key-range.ts";
import { KeyValue } from "./key-value.ts";

export interface DeleteOptions extends KeySelection {
  /** Answer what was deleted, in `previous`. Default false. */
  previous?: boolean;
}

export interface DeleteResult {
  /** Store revision after the call; it is that of the deletion if anything was deleted. */
  revision: number;
  /** How many keys were deleted. */
  deleted: number;
  /** What was deleted, in key order, if `previous` was asked for. */
  previous: KeyValue[];
}

export const DELETE_OPTIONS: OptionChecks<DeleteOptions> = {
  ...KEY_SELECTION,
  previous: isBoolean,
};

export function deleteRequest(key: BytesLike, options: DeleteOptions): Init<DeleteRangeRequest> {
  return { ...keyRange(key, options), prevKv: options.previous };
}

export function deleteResult(response: DeleteRangeResponse): DeleteResult {
  return {
    revision: response.header?.revision ?? 0,
    deleted: response.deleted,
    previous: response.prevKvs.map((wire) => new KeyValue(wire)),
  };
}
