import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "@nodetcd/messages";
import type { AuthStore } from "./auth-store.ts";
import type { Identity } from "./identity.ts";
import type { AccessKind } from "./permissions.ts";

/** The keys that are attached to a lease; undefined when there is no such lease. */
export type AttachedKeys = (lease: bigint) => Iterable<Uint8Array> | undefined;

const ONE_KEY = new Uint8Array(0);

/** Each raises as `AuthStore.checkKeys` does, and borrows the request for the call. */
export function checkRange(
  auth: AuthStore,
  by: Identity,
  { key, rangeEnd }: Pick<RangeRequest, "key" | "rangeEnd">,
): void {
  auth.checkKeys(by, key, rangeEnd, "read");
}

/**
 * The key, then every key of the lease that it is to be attached to (it could end them all), then what
 * `prev_kv` would show.
 */
export function checkPut(
  auth: AuthStore,
  by: Identity,
  { key, lease, prevKv }: PutRequest,
  attachedKeys: AttachedKeys,
): void {
  if (!auth.enabled) return;
  auth.checkKeys(by, key, ONE_KEY, "write");
  if (lease !== 0n) checkLease(auth, by, lease, attachedKeys, "write");
  if (prevKv) auth.checkKeys(by, key, ONE_KEY, "read");
}

export function checkDeleteRange(
  auth: AuthStore,
  by: Identity,
  { key, rangeEnd, prevKv }: DeleteRangeRequest,
): void {
  auth.checkKeys(by, key, rangeEnd, "write");
  if (prevKv) auth.checkKeys(by, key, rangeEnd, "read");
}

/** All comparisons, then both branches whichever is taken, transactions inside them wholly. */
export function checkTxn(
  auth: AuthStore,
  by: Identity,
  request: TxnRequest,
  attachedKeys: AttachedKeys,
): void {
  if (!auth.enabled) return;
  for (const compare of request.compare) checkRange(auth, by, compare);
  for (const operation of request.success) checkOperation(auth, by, operation, attachedKeys);
  for (const operation of request.failure) checkOperation(auth, by, operation, attachedKeys);
}

function checkOperation(
  auth: AuthStore,
  by: Identity,
  { requestRange, requestPut, requestDeleteRange, requestTxn }: RequestOp,
  attachedKeys: AttachedKeys,
): void {
  if (requestRange !== undefined) checkRange(auth, by, requestRange);
  else if (requestPut !== undefined) checkPut(auth, by, requestPut, attachedKeys);
  else if (requestDeleteRange !== undefined) checkDeleteRange(auth, by, requestDeleteRange);
  else if (requestTxn !== undefined) checkTxn(auth, by, requestTxn, attachedKeys);
}

/**
 * Every key of a lease: `write` to revoke or renew it, `read` to be told its keys. Administrators
 * pass, and a lease that is not there has no keys.
 */
export function checkLease(
  auth: AuthStore,
  by: Identity,
  lease: bigint,
  attachedKeys: AttachedKeys,
  kind: AccessKind,
): void {
  if (auth.isAdmin(by)) return;
  for (const key of attachedKeys(lease) ?? []) auth.checkKeys(by, key, ONE_KEY, kind);
}
