import type { DeleteRangeRequest } from "@nodetcd/messages";
import type { Store } from "@nodetcd/mvcc";
import { rangeEnd } from "../read/range-view.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";
import { CHANGED_KEYS_PER_TURN } from "../limits.ts";
import { inParts, type Outcome } from "./applier.ts";
import { replyWriter, writeDeleted } from "../wire/reply-writer.ts";

/** Deletes keys, a part of a large range in each turn of the loop. */
export function applyDeleteRange(
  store: Store,
  headers: ResponseHeaders,
  request: DeleteRangeRequest,
): Outcome {
  const transaction = store.beginWrite();
  const end = rangeEnd(request.rangeEnd);
  const deletion = transaction.beginDelete(request.key, end, request.prevKv);
  return inParts(() => {
    if (deletion.step(CHANGED_KEYS_PER_TURN) === undefined) return undefined;
    transaction.end();
    writeDeleted(replyWriter, deletion.deleted, deletion.previous);
    return headers.replyWith(store.revision, replyWriter);
  });
}
