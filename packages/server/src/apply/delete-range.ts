import type { DeleteRangeRequest } from "@nodetcd/messages";
import type { Deletion, Store, WriteTransaction } from "@nodetcd/mvcc";
import type { Clock } from "@nodetcd/runtime";
import { CHANGED_KEYS_PER_TURN, REPLY_BYTES_MAX, RESPONSE_PART_BYTES } from "../limits.ts";
import type { TimeSlice } from "../read/fair-queue.ts";
import { NestedReply } from "../read/nested-reply.ts";
import { rangeEnd } from "../read/range-view.ts";
import { writeDeleted, writePrevious } from "../wire/reply-writer.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";
import { inSlices, type Outcome } from "./applier.ts";

/** Begins to delete keys. Pairs that nobody gets, or that are too many to be sent, are not kept. */
export function beginDelete(
  transaction: WriteTransaction,
  { key, rangeEnd: end, prevKv }: DeleteRangeRequest,
  needsReply: boolean,
): Deletion {
  const previousBytesMax = prevKv && needsReply ? REPLY_BYTES_MAX : undefined;
  return transaction.beginDelete(key, rangeEnd(end), previousBytesMax);
}

/** Writes the rest of a DeleteRangeResponse, and yields where the slice is over. */
export function* writeDeletion(
  reply: NestedReply,
  deletion: Deletion,
  slice: TimeSlice,
): Generator<void, void> {
  const { writer } = reply;
  writeDeleted(writer, deletion.deleted);
  if (deletion.previousBytes > REPLY_BYTES_MAX) reply.forget(deletion.previousBytes);
  for (const pair of deletion.previous) {
    writePrevious(writer, pair);
    if (writer.length <= RESPONSE_PART_BYTES) continue;
    reply.moveOut();
    if (slice.over) yield;
  }
}

/** Deletes keys, a part of a large range in each turn of the loop. */
export function applyDeleteRange(
  clock: Clock,
  store: Store,
  headers: ResponseHeaders,
  request: DeleteRangeRequest,
  needsReply: boolean,
): Outcome {
  return inSlices(clock, function* (slice) {
    const transaction = store.beginWrite();
    const deletion = beginDelete(transaction, request, needsReply);
    while (deletion.step(CHANGED_KEYS_PER_TURN) === undefined) yield;
    const { revision } = transaction;
    const reply = new NestedReply();
    yield* writeDeletion(reply, deletion, slice);
    try {
      return yield* reply.finish(headers, revision, slice);
    } finally {
      transaction.end();
    }
  });
}
