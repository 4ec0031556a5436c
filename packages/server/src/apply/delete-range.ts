import type { DeleteRangeRequest } from "@nodetcd/messages";
import type { Store, StoredKeyValue, WriteTransaction } from "@nodetcd/mvcc";
import { rangeEnd } from "../read/range-view.ts";
import type { ResponseHeaders } from "../receive/response-header.ts";
import { DELETED_KEYS_PER_TURN } from "../limits.ts";
import { inParts, type Unfinished } from "./applier.ts";
import { replyWriter, writeDeleted } from "./reply.ts";

export interface DeleteOutcome {
  /** Of the deletion, or the one before it when no key was there. */
  readonly revision: number;
  readonly deleted: number;
  /** The pairs that were deleted, if `prev_kv` asks for them. */
  readonly previous: readonly StoredKeyValue[];
}

/** Deletes keys in an open transaction, at one go. */
export function deleteRangeIn(
  transaction: WriteTransaction,
  request: DeleteRangeRequest,
): DeleteOutcome {
  const end = rangeEnd(request.rangeEnd);
  const deletion = transaction.beginDelete(request.key, end, request.prevKv);
  deletion.step(Infinity);
  const { deleted, previous } = deletion;
  return { revision: transaction.revision, deleted, previous };
}

/** Deletes keys, a part of a large range in each turn of the loop. */
export function applyDeleteRange(
  store: Store,
  headers: ResponseHeaders,
  request: DeleteRangeRequest,
): Uint8Array | Unfinished {
  const transaction = store.beginWrite();
  const end = rangeEnd(request.rangeEnd);
  const deletion = transaction.beginDelete(request.key, end, request.prevKv);
  return inParts(() => {
    if (!deletion.step(DELETED_KEYS_PER_TURN)) return undefined;
    transaction.end();
    writeDeleted(replyWriter, deletion.deleted, deletion.previous);
    return headers.replyWith(store.revision, replyWriter);
  });
}
