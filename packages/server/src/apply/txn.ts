import { assert, type WireWriter } from "@nodetcd/bytes";
import type { Lessor } from "@nodetcd/lease";
import type { RangeRequest, RequestOp, TxnRequest } from "@nodetcd/messages";
import type { Store, WriteTransaction } from "@nodetcd/mvcc";
import { RequestError } from "../errors.ts";
import { findRange, pairForm, writeFound } from "../read/range.ts";
import type { RangeView } from "../read/range-view.ts";
import type { ResponseHeaders } from "../receive/response-header.ts";
import { allHold } from "./compare.ts";
import { deleteRangeIn } from "./delete-range.ts";
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

/** Carries out a branch, and writes what a TxnResponse has behind its header. */
class Execution {
  readonly #view: RangeView;
  readonly #transaction: WriteTransaction | undefined;
  readonly #writer: WireWriter;
  readonly #wanted: boolean;

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

  run(request: TxnRequest, path: Path): void {
    const writer = this.#writer;
    if (path.succeeded) {
      writer.uint32(SUCCEEDED_TAG);
      writer.bool(true);
    }
    let nested = 0;
    for (const operation of branch(request, path)) {
      writer.uint32(RESPONSES_TAG);
      const mark = writer.beginDelimited();
      this.#operation(operation, operation.requestTxn && path.nested[nested++]);
      writer.endDelimited(mark);
    }
  }

  /** Writes a ResponseOp: the field has the number of the operation's own. */
  #operation(operation: RequestOp, path: Path | undefined): void {
    if (operation.requestRange !== undefined) this.#field(1, () => this.#range(operation));
    else if (operation.requestPut !== undefined) this.#field(2, () => this.#put(operation));
    else if (operation.requestDeleteRange !== undefined) {
      this.#field(3, () => this.#deleteRange(operation));
    } else if (operation.requestTxn !== undefined && path !== undefined) {
      const { requestTxn } = operation;
      this.#field(4, () => {
        writeInnerHeader(this.#writer, 0);
        this.run(requestTxn, path);
      });
    }
  }

  #field(number: number, write: () => void): void {
    this.#writer.uint32((number << 3) | 2);
    const mark = this.#writer.beginDelimited();
    write();
    this.#writer.endDelimited(mark);
  }

  #range({ requestRange }: RequestOp): void {
    if (requestRange === undefined || !this.#wanted) return;
    const found = findRange(this.#view, requestRange);
    writeInnerHeader(this.#writer, found.revision);
    writeFound(this.#writer, found, pairForm(requestRange));
  }

  #put({ requestPut }: RequestOp): void {
    assert(this.#transaction !== undefined, "a put needs a write transaction");
    if (requestPut === undefined) return;
    const { revision, previous } = putInto(this.#transaction, requestPut);
    writeInnerHeader(this.#writer, revision);
    writePut(this.#writer, previous);
  }

  #deleteRange({ requestDeleteRange }: RequestOp): void {
    assert(this.#transaction !== undefined, "a deletion needs a write transaction");
    if (requestDeleteRange === undefined) return;
    const outcome = deleteRangeIn(this.#transaction, requestDeleteRange);
    writeInnerHeader(this.#writer, outcome.revision);
    writeDeleted(this.#writer, outcome.deleted, outcome.previous);
  }
}

/**
 * Compares, checks, then does: what can be refused is refused before the first change. Its changes
 * have one revision together. Answers the encoded TxnResponse.
 */
export function applyTxn(
  store: Store,
  lessor: Lessor,
  headers: ResponseHeaders,
  request: TxnRequest,
  wanted: boolean,
): Uint8Array {
  const path = choosePath(store, request);
  checkPath(store, lessor, request, path);
  replyWriter.reset();
  if (isReadOnly(request)) {
    new Execution(store, undefined, replyWriter, wanted).run(request, path);
    return headers.replyWith(store.revision, replyWriter);
  }
  const transaction = store.beginWrite();
  new Execution(transaction, transaction, replyWriter, wanted).run(request, path);
  const { revision } = transaction;
  transaction.end();
  return headers.replyWith(revision, replyWriter);
}
