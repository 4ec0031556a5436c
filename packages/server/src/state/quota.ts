import { DISK_RESERVE_BYTES } from "../limits.ts";
import type { PutRequest, RequestOp, TxnRequest } from "@nodetcd/messages";

/** What etcd reckons a lease to take in the database, in bytes. */
const LEASE_COST = 64;
/** What etcd reckons a key to take besides key and value, in bytes. */
const KEY_COST = 256;
/** 2 GiB, when no quota is given. */
export const DEFAULT_QUOTA_BYTES: number = 2 * 1024 * 1024 * 1024;

export function putCost(request: PutRequest): number {
  return KEY_COST + request.key.length + request.value.length;
}

function operationCost(operation: RequestOp): number {
  if (operation.requestPut !== undefined) return putCost(operation.requestPut);
  if (operation.requestTxn !== undefined) return txnCost(operation.requestTxn);
  return 0;
}

/** The dearer of the two branches; 0 when neither puts anything. */
export function txnCost(request: TxnRequest): number {
  let success = 0;
  let failure = 0;
  for (const operation of request.success) success += operationCost(operation);
  for (const operation of request.failure) failure += operationCost(operation);
  return Math.max(success, failure);
}

/**
 * How much the database may grow; measured against the size of its file, as etcd does, and against what the disk has left, beyond
 * which etcd ends.
 */
export class Quota {
  /** In bytes; `Infinity` without a quota. */
  readonly limit: number;
  readonly #size: () => number;
  readonly #diskFree: () => number;

  /**
   * @param configured see `MemberConfig.quotaBackendBytes`
   * @param diskFree bytes that the file system has left
   */
  constructor(configured: number, size: () => number, diskFree: () => number = () => Infinity) {
    this.limit = configured < 0 ? Infinity : configured === 0 ? DEFAULT_QUOTA_BYTES : configured;
    this.#size = size;
    this.#diskFree = diskFree;
  }

  /** False when a request of this cost would exceed the quota, or fill the disk; what costs nothing always fits. */
  fits(cost: number): boolean {
    if (cost === 0) return true;
    return this.#size() + cost < this.limit && this.#diskFree() - cost >= DISK_RESERVE_BYTES;
  }

  /** The disk has so much left that an alarm need not stay. */
  get hasDisk(): boolean {
    return this.#diskFree() >= 2 * DISK_RESERVE_BYTES;
  }

  fitsLease(): boolean {
    return this.fits(LEASE_COST);
  }
}
