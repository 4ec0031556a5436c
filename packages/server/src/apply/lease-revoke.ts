import type { Lessor } from "@nodetcd/lease";
import type { LeaseRevokeRequest } from "@nodetcd/messages";
import type { Store } from "@nodetcd/mvcc";
import type { ResponseHeaders } from "../receive/response-header.ts";

/** Ends a lease and deletes its keys, all with one revision. */
export function applyLeaseRevoke(
  lessor: Lessor,
  store: Store,
  headers: ResponseHeaders,
  request: LeaseRevokeRequest,
): Uint8Array {
  lessor.revoke(request.id);
  return headers.reply(store.revision);
}
