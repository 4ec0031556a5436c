import { compareBytes } from "@nodetcd/bytes";
import {
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  SortOrder,
  SortTarget,
  type TxnRequest,
} from "@nodetcd/messages";
import { RequestError } from "../errors.ts";
import { TXN_DEPTH_MAX } from "../limits.ts";
import { hasDefaultOrder, hasRevisionFilters } from "../read/range.ts";

/** Every function here raises the `RequestError` that etcd refuses such a request with. */
export function checkRangeRequest(request: RangeRequest): void {
  if (request.key.length === 0) throw new RequestError("EMPTY_KEY");
  const { sortOrder, sortTarget } = request;
  if (sortOrder < SortOrder.NONE || sortOrder > SortOrder.DESCEND) {
    throw new RequestError("INVALID_SORT_OPTION");
  }
  if (sortTarget < SortTarget.KEY || sortTarget > SortTarget.VALUE) {
    throw new RequestError("INVALID_SORT_OPTION");
  }
}

export function checkRangeStreamRequest(request: RangeRequest): void {
  checkRangeRequest(request);
  if (!hasDefaultOrder(request)) throw new RequestError("RANGE_STREAM_SORTED");
  if (hasRevisionFilters(request)) throw new RequestError("RANGE_STREAM_FILTERED");
}

export function checkPutRequest(request: PutRequest): void {
  if (request.key.length === 0) throw new RequestError("EMPTY_KEY");
  if (request.ignoreValue && request.value.length > 0) throw new RequestError("VALUE_PROVIDED");
  if (request.ignoreLease && request.lease !== 0n) throw new RequestError("LEASE_PROVIDED");
}

export function checkDeleteRequest(request: DeleteRangeRequest): void {
  if (request.key.length === 0) throw new RequestError("EMPTY_KEY");
}

/**
 * @param operationsMax most compares, and most operations of a branch; what a transaction uses of
 *   it is taken from what those nested in it may use
 */
export function checkTxnRequest(request: TxnRequest, operationsMax: number): void {
  checkOperations(request, operationsMax);
  checkOverlaps(request.success);
  checkOverlaps(request.failure);
}

function checkOperations(request: TxnRequest, operationsMax: number, depth = 0): void {
  if (depth > TXN_DEPTH_MAX) throw new RequestError("TOO_MANY_OPERATIONS");
  const { compare, success, failure } = request;
  const operations = Math.max(compare.length, success.length, failure.length);
  if (operations > operationsMax) throw new RequestError("TOO_MANY_OPERATIONS");
  for (const { key } of compare) if (key.length === 0) throw new RequestError("EMPTY_KEY");
  for (const operation of success) checkOperation(operation, operationsMax - operations, depth);
  for (const operation of failure) checkOperation(operation, operationsMax - operations, depth);
}

function checkOperation(operation: RequestOp, operationsMax: number, depth: number): void {
  if (operation.requestRange !== undefined) checkRangeRequest(operation.requestRange);
  else if (operation.requestPut !== undefined) checkPutRequest(operation.requestPut);
  else if (operation.requestDeleteRange !== undefined) {
    checkDeleteRequest(operation.requestDeleteRange);
  } else if (operation.requestTxn !== undefined) {
    checkOperations(operation.requestTxn, operationsMax, depth + 1);
  } else throw new RequestError("KEY_NOT_FOUND");
}

/**
 * A deleted range; `end` undefined means the key alone. The end `[0]`, "to the end of the key space"
 * elsewhere, is taken literally here and contains nothing: so does etcd, which lets a transaction
 * delete such a range and put keys of it.
 */
interface DeletedRange {
  readonly key: Uint8Array;
  readonly end: Uint8Array | undefined;
}

interface Changes {
  /** Keys put, as latin-1 text, with the bytes. */
  readonly puts: Map<string, Uint8Array>;
  readonly deletes: DeletedRange[];
}

function contains(range: DeletedRange, key: Uint8Array): boolean {
  if (range.end === undefined) return compareBytes(range.key, key) === 0;
  return compareBytes(key, range.key) >= 0 && compareBytes(key, range.end) < 0;
}

function refuseDeleted(changes: Changes, key: Uint8Array): void {
  if (changes.deletes.some((range) => contains(range, key))) {
    throw new RequestError("DUPLICATE_KEY");
  }
}

/**
 * No key may be put twice, or put and deleted, in what can happen together: the operations of a
 * branch and of either branch of the transactions nested in it.
 */
function checkOverlaps(operations: readonly RequestOp[]): Changes {
  const changes: Changes = { puts: new Map(), deletes: [] };
  for (const { requestDeleteRange } of operations) {
    if (requestDeleteRange === undefined) continue;
    const { key, rangeEnd } = requestDeleteRange;
    changes.deletes.push({ key, end: rangeEnd.length === 0 ? undefined : rangeEnd });
  }
  for (const { requestTxn } of operations) {
    if (requestTxn !== undefined) addNested(changes, requestTxn);
  }
  for (const { requestPut } of operations) {
    if (requestPut === undefined) continue;
    const text = Buffer.from(requestPut.key).toString("latin1");
    if (changes.puts.has(text)) throw new RequestError("DUPLICATE_KEY");
    refuseDeleted(changes, requestPut.key);
    changes.puts.set(text, requestPut.key);
  }
  return changes;
}

/** The two branches exclude each other, so the same key may be put in both. */
function addNested(changes: Changes, nested: TxnRequest): void {
  const success = checkOverlaps(nested.success);
  const failure = checkOverlaps(nested.failure);
  for (const [text, key] of success.puts) {
    if (changes.puts.has(text)) throw new RequestError("DUPLICATE_KEY");
    refuseDeleted(changes, key);
    changes.puts.set(text, key);
  }
  for (const [text, key] of failure.puts) {
    if (changes.puts.has(text) && !success.puts.has(text)) throw new RequestError("DUPLICATE_KEY");
    refuseDeleted(changes, key);
    changes.puts.set(text, key);
  }
  for (const range of [...success.deletes, ...failure.deletes]) changes.deletes.push(range);
}
