import type { DeleteRangeRequest } from "@nodetcd/messages";
import type { Store, StoredKeyValue, WriteTransaction } from "@nodetcd/mvcc";
import { rangeEnd } from "../read/range-view.ts";
import type { ResponseHeaders } from "../receive/response-header.ts";
import { replyWriter, writeDeleted } from "./reply.ts";

export interface DeleteOutcome {
  /** Of the deletion, or the one before it when no key was there. */
  readonly revision: number;
  readonly deleted: number;
  /** The pairs that were deleted, if `prev_kv` asks for them. */
  readonly previous: readonly StoredKeyValue[];
}

/** Deletes keys in an open transaction. */
export function deleteRangeIn(
  transaction: WriteTransaction,
  request: DeleteRangeRequest,
): DeleteOutcome {
  const end = rangeEnd(request.rangeEnd);
  const previous = request.prevKv ? transaction.range(request.key, end, {}).keyValues : [];
  const deleted = transaction.deleteRange(request.key, end);
  return { revision: transaction.revision, deleted, previous };
}

export function applyDeleteRange(
  store: Store,
  headers: ResponseHeaders,
  request: DeleteRangeRequest,
): Uint8Array {
  const transaction = store.beginWrite();
  const outcome = deleteRangeIn(transaction, request);
  transaction.end();
  writeDeleted(replyWriter, outcome.deleted, outcome.previous);
  return headers.replyWith(outcome.revision, replyWriter.finish());
}
