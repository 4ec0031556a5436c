import { NO_BYTES, type PutRequest } from "@nodetcd/messages";
import type { Store, StoredKeyValue, WriteTransaction } from "@nodetcd/mvcc";
import type { Lessor } from "@nodetcd/lease";
import { RequestError } from "../errors.ts";
import type { RangeView } from "../read/range-view.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";
import { replyWriter, writePut } from "../wire/reply-writer.ts";

export interface PutOutcome {
  readonly revision: number;
  /** The pair that was replaced, if `prev_kv` asks for it. */
  readonly previous: StoredKeyValue | undefined;
}

function newest(view: RangeView, key: Uint8Array): StoredKeyValue | undefined {
  return view.range(key, undefined, {}).keyValues[0];
}

/** Raises what makes a put impossible; nothing has been changed then. */
export function checkPut(view: RangeView, lessor: Lessor, request: PutRequest): void {
  if (request.lease !== 0n && !lessor.has(request.lease)) {
    throw new RequestError("LEASE_NOT_FOUND");
  }
  if ((request.ignoreValue || request.ignoreLease) && newest(view, request.key) === undefined) {
    throw new RequestError("KEY_NOT_FOUND");
  }
}

/** Puts one pair, in a transaction that `checkPut` has allowed. */
export function putInto(transaction: WriteTransaction, request: PutRequest): PutOutcome {
  const { key, ignoreValue, ignoreLease, prevKv } = request;
  const previous = ignoreValue || ignoreLease || prevKv ? newest(transaction, key) : undefined;
  const value = ignoreValue ? (previous?.value ?? NO_BYTES) : request.value;
  const lease = ignoreLease ? (previous?.lease ?? 0n) : request.lease;
  const revision = transaction.put(key, value, lease);
  return { revision, previous: prevKv ? previous : undefined };
}

export function applyPut(
  store: Store,
  lessor: Lessor,
  headers: ResponseHeaders,
  request: PutRequest,
): Uint8Array {
  checkPut(store, lessor, request);
  const transaction = store.beginWrite();
  const { revision, previous } = putInto(transaction, request);
  transaction.end();
  if (previous === undefined) return headers.reply(revision);
  writePut(replyWriter, previous);
  return headers.replyWith(revision, replyWriter);
}
