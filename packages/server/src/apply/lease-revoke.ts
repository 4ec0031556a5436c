import type { Lessor } from "@nodetcd/lease";
import type { LeaseRevokeRequest } from "@nodetcd/messages";
import type { Store } from "@nodetcd/mvcc";
import { inParts, type Outcome } from "./applier.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";

/** Ends a lease and deletes its keys, all with one revision; a part of many keys in each turn of the loop. */
export function applyLeaseRevoke(
  lessor: Lessor,
  store: Store,
  headers: ResponseHeaders,
  request: LeaseRevokeRequest,
): Outcome {
  const revocation = lessor.beginRevoke(request.id);
  const transaction = store.beginWrite();
  return inParts(() => {
    if (!revocation.step((key) => transaction.deleteRange(key, undefined))) return undefined;
    transaction.end();
    return headers.reply(store.revision);
  });
}
