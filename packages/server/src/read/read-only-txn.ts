import type { RequestOp, TxnRequest } from "@nodetcd/messages";

/** True when both branches only read, so that raft is not needed. */
export function isReadOnly(request: TxnRequest): boolean {
  const reads = (operation: RequestOp): boolean => operation.requestRange !== undefined;
  return request.success.every(reads) && request.failure.every(reads);
}

/** True when every read of it may be answered from local state. */
export function isSerializable(request: TxnRequest): boolean {
  const local = (operation: RequestOp): boolean => operation.requestRange?.serializable === true;
  return request.success.every(local) && request.failure.every(local);
}
