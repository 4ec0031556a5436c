import { assert, WireWriter } from "@nodetcd/bytes";
import type { Lessor } from "@nodetcd/lease";
import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "@nodetcd/messages";
import type { Store, WriteTransaction } from "@nodetcd/mvcc";
import { RequestError } from "../errors.ts";
import { DELETED_KEYS_PER_TURN } from "../limits.ts";
import { findRange, pairForm, writeFound } from "../read/range.ts";
import { rangeEnd, type RangeView } from "../read/range-view.ts";
import type { ResponseHeaders } from "../receive/response-header.ts";
import { inParts, type Unfinished } from "./applier.ts";
import { allHold } from "./compare.ts";
import { checkPut, putInto } from "./put.ts";
import { replyWriter, writeDeleted, writeInnerHeader, writePut } from "./reply.ts";

/** Which branch a transaction takes, and those nested in that branch, in order of appearance. */
interface Path {
  readonly succeeded: boolean;
  readonly nested: readonly Path[];
}

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

const branch = (request: TxnRequest, path: Path): readonly RequestOp[] =>
  path.succeeded ? request.success : request.failure;

/** All comparisons, nested ones too, are made before anything is changed. */
function choosePath(view: RangeView, request: TxnRequest): Path {
  const succeeded = allHold(view, request.compare);
  const nested: Path[] = [];
  for (const operation of succeeded ? request.success : request.failure) {
    if (operation.requestTxn !== undefined) nested.push(choosePath(view, operation.requestTxn));
  }
  return { succeeded, nested };
}

function checkRevision(view: Store, request: RangeRequest): void {
  if (request.revision === 0) return;
  if (request.revision > view.revision) throw new RequestError("FUTURE_REVISION");
  // The compacted revision itself is still readable as a whole.
  if (request.revision < view.compactRevision) throw new RequestError("COMPACTED");
}

/** Raises what makes an operation of the chosen branches impossible, before the first is done. */
function checkPath(view: Store, lessor: Lessor, request: TxnRequest, path: Path): void {
  let nested = 0;
  for (const operation of branch(request, path)) {
    if (operation.requestRange !== undefined) checkRevision(view, operation.requestRange);
    else if (operation.requestPut !== undefined) checkPut(view, lessor, operation.requestPut);
    else if (operation.requestTxn !== undefined) {
      checkPath(view, lessor, operation.requestTxn, path.nested[nested++]!);
    }
  }
}

const SUCCEEDED_TAG = 2 << 3;
const RESPONSES_TAG = (3 << 3) | 2;
/** Fields of a ResponseOp; a RequestOp's have the same numbers. */
const Response = { range: 1, put: 2, deleteRange: 3, txn: 4 };

/** Carries out a branch, and writes what a TxnResponse has behind its header. */
class Execution {
  readonly #view: RangeView;
  readonly #transaction: WriteTransaction | undefined;
  readonly #writer: WireWriter;
  readonly #wanted: boolean;
  /** Keys that may still be deleted in this turn of the loop. */
  #deletionsLeft = DELETED_KEYS_PER_TURN;

  constructor(
    view: RangeView,
    transaction: WriteTransaction | undefined,
    writer: WireWriter,
    wanted: boolean,
  ) {
    this.#view = view;
    this.#transaction = transaction;
    this.#writer = writer;
    this.#wanted = wanted;
  }

  /** Yields where the turn has deleted as many keys as it may. */
  *run(request: TxnRequest, path: Path): Generator<void, void> {
    const writer = this.#writer;
    if (path.succeeded) {
      writer.uint32(SUCCEEDED_TAG);
      writer.bool(true);
    }
    let nested = 0;
    for (const operation of branch(request, path)) {
      const { requestRange, requestPut, requestDeleteRange, requestTxn } = operation;
      writer.uint32(RESPONSES_TAG);
      const mark = writer.beginDelimited();
      if (requestRange !== undefined) this.#range(requestRange);
      else if (requestPut !== undefined) this.#put(requestPut);
      else if (requestDeleteRange !== undefined) yield* this.#deleteRange(requestDeleteRange);
      else if (requestTxn !== undefined) {
        const field = this.#beginField(Response.txn);
        writeInnerHeader(writer, 0);
        yield* this.run(requestTxn, path.nested[nested++]!);
        writer.endDelimited(field);
      }
      writer.endDelimited(mark);
    }
  }

  #beginField(number: number): number {
    this.#writer.uint32((number << 3) | 2);
    return this.#writer.beginDelimited();
  }

  #range(request: RangeRequest): void {
    const field = this.#beginField(Response.range);
    if (this.#wanted) {
      const found = findRange(this.#view, request);
      writeInnerHeader(this.#writer, found.revision);
      writeFound(this.#writer, found, pairForm(request));
    }
    this.#writer.endDelimited(field);
  }

  #put(request: PutRequest): void {
    assert(this.#transaction !== undefined, "a put needs a write transaction");
    const field = this.#beginField(Response.put);
    const { revision, previous } = putInto(this.#transaction, request);
    writeInnerHeader(this.#writer, revision);
    writePut(this.#writer, previous);
    this.#writer.endDelimited(field);
  }

  *#deleteRange({ key, rangeEnd: end, prevKv }: DeleteRangeRequest): Generator<void, void> {
    assert(this.#transaction !== undefined, "a deletion needs a write transaction");
    const field = this.#beginField(Response.deleteRange);
    const deletion = this.#transaction.beginDelete(key, rangeEnd(end), prevKv);
    while (!deletion.step(this.#deletionsLeft)) {
      yield;
      this.#deletionsLeft = DELETED_KEYS_PER_TURN;
    }
    this.#deletionsLeft = Math.max(1, this.#deletionsLeft - deletion.deleted);
    writeInnerHeader(this.#writer, this.#transaction.revision);
    writeDeleted(this.#writer, deletion.deleted, deletion.previous);
    this.#writer.endDelimited(field);
  }
}

/** True when the path deletes ranges, which may take more than a turn of the loop. */
function deletesRanges(request: TxnRequest, path: Path): boolean {
  let nested = 0;
  return branch(request, path).some(({ requestDeleteRange, requestTxn }) =>
    requestTxn !== undefined
      ? deletesRanges(requestTxn, path.nested[nested++]!)
      : requestDeleteRange !== undefined && requestDeleteRange.rangeEnd.length > 0,
  );
}

/**
 * Compares, checks, then does: what can be refused is refused before the first change. Its changes
 * have one revision together. Answers the encoded TxnResponse, or (of large deletions) what is left to do.
 */
export function applyTxn(
  store: Store,
  lessor: Lessor,
  headers: ResponseHeaders,
  request: TxnRequest,
  wanted: boolean,
): Uint8Array | Unfinished {
  const path = choosePath(store, request);
  checkPath(store, lessor, request, path);
  // The writer that all share is not kept beyond the turn.
  const writer = deletesRanges(request, path) ? new WireWriter() : replyWriter;
  writer.reset();
  const transaction = store.beginWrite();
  const execution = new Execution(transaction, transaction, writer, wanted).run(request, path);
  return inParts(() => {
    if (execution.next().done !== true) return undefined;
    const { revision } = transaction;
    transaction.end();
    return headers.replyWith(revision, writer);
  });
}

/** Answers the encoded TxnResponse of a transaction that only reads. */
export function readTxn(
  store: Store,
  lessor: Lessor,
  headers: ResponseHeaders,
  request: TxnRequest,
): Uint8Array {
  const path = choosePath(store, request);
  checkPath(store, lessor, request, path);
  replyWriter.reset();
  new Execution(store, undefined, replyWriter, true).run(request, path).next();
  return headers.replyWith(store.revision, replyWriter);
}
