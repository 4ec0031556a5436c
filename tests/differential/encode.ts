/** From a program's specs to etcd's requests, once the revisions and lease ids of a run are known. */
import type {
  Compare,
  Init,
  RangeRequest,
  RequestOp,
  TxnRequest,
  PutRequest,
  DeleteRangeRequest,
  WatchCreateRequest,
} from "@nodetcd/messages";
import type {
  CompareSpec,
  DeleteSpec,
  LeaseRef,
  Operation,
  PutSpec,
  RangeSpec,
  RevisionRef,
  TxnSpec,
  WatchSpec,
} from "./program.ts";

/** What a run knows that the program does not. */
export interface Known {
  revision(ref: RevisionRef): number;
  lease(ref: LeaseRef): bigint;
}

const utf8 = new TextEncoder();
const bytes = (text: string): Uint8Array => utf8.encode(text);

export function rangeRequest(spec: RangeSpec, known: Known): Init<RangeRequest> {
  const [minMod, maxMod, minCreate, maxCreate] = spec.bounds.map((ref) => known.revision(ref));
  return {
    key: bytes(spec.key),
    rangeEnd: bytes(spec.end),
    limit: spec.limit,
    revision: known.revision(spec.revision),
    sortOrder: spec.sortOrder,
    sortTarget: spec.sortTarget,
    serializable: spec.serializable,
    keysOnly: spec.keysOnly,
    countOnly: spec.countOnly,
    minModRevision: minMod,
    maxModRevision: maxMod,
    minCreateRevision: minCreate,
    maxCreateRevision: maxCreate,
  };
}

export function putRequest(spec: PutSpec, known: Known): Init<PutRequest> {
  return {
    key: bytes(spec.key),
    value: bytes(spec.value),
    lease: spec.lease === undefined ? 0n : known.lease(spec.lease),
    prevKv: spec.prevKv,
    ignoreValue: spec.ignoreValue,
    ignoreLease: spec.ignoreLease,
  };
}

export function deleteRequest(spec: DeleteSpec): Init<DeleteRangeRequest> {
  return { key: bytes(spec.key), rangeEnd: bytes(spec.end), prevKv: spec.prevKv };
}

export function txnRequest(spec: TxnSpec, known: Known): Init<TxnRequest> {
  const operations = (list: readonly Operation[]): Init<RequestOp>[] =>
    list.map((operation) => requestOp(operation, known));
  return {
    compare: spec.compares.map((compare) => compareOf(compare, known)),
    success: operations(spec.success),
    failure: operations(spec.failure),
  };
}

function requestOp(operation: Operation, known: Known): Init<RequestOp> {
  switch (operation.kind) {
    case "range":
      return { requestRange: rangeRequest(operation.spec, known) };
    case "put":
      return { requestPut: putRequest(operation.spec, known) };
    case "delete":
      return { requestDeleteRange: deleteRequest(operation.spec) };
    case "txn":
      return { requestTxn: txnRequest(operation.spec, known) };
    case "nothing":
      return {};
  }
}

function compareOf(spec: CompareSpec, known: Known): Init<Compare> {
  const revision = known.revision(spec.revision);
  const given: Init<Compare>[] = [
    { version: spec.count },
    { createRevision: revision },
    { modRevision: revision },
    { value: bytes(spec.value) },
    { lease: known.lease(spec.lease) },
  ];
  return {
    key: bytes(spec.key),
    rangeEnd: bytes(spec.end),
    result: spec.result,
    target: spec.target,
    ...given[spec.given],
  };
}

export function watchCreateRequest(spec: WatchSpec, known: Known): Init<WatchCreateRequest> {
  return {
    key: bytes(spec.key),
    rangeEnd: bytes(spec.end),
    startRevision: known.revision(spec.start),
    filters: [...spec.filters],
    prevKv: spec.prevKv,
    fragment: spec.fragment,
    watchId: BigInt(spec.watchId),
  };
}
