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
import { CHANGED_KEYS_PER_TURN } from "../limits.ts";
import { findRange, pairForm, writeFound } from "../read/range.ts";
import { rangeEnd, type RangeView } from "../read/range-view.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";
import { inParts, type Outcome } from "./applier.ts";
import { allHold } from "./compare.ts";
import { checkPut, putInto } from "./put.ts";
import { replyWriter, writeDeleted, writeInnerHeader, writePut } from "../wire/reply-writer.ts";

/** Which branch a transaction takes, and those nested in that branch, in order of appearance. */
interface Path {
  readonly succeeded: boolean;
  readonly nested: readonly Path[];
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
  readonly #needsReply: boolean;
  #writer = replyWriter;
  /** Keys that may still be deleted, or put, in this turn of the loop. */
  #changesLeft = CHANGED_KEYS_PER_TURN;

  constructor(view: RangeView, transaction: WriteTransaction | undefined, needsReply: boolean) {
    this.#view = view;
    this.#transaction = transaction;
    this.#needsReply = needsReply;
    this.#writer.reset();
  }

  /** What was written: to be taken in the turn in which `run` has ended. */
  get written(): WireWriter {
    return this.#writer;
  }

  /** Yields where the turn has changed as many keys as it may. */
  *run(request: TxnRequest, path: Path): Generator<void, void> {
    if (path.succeeded) {
      this.#writer.uint32(SUCCEEDED_TAG);
      this.#writer.bool(true);
    }
    let nested = 0;
    for (const operation of branch(request, path)) {
      if (this.#changesLeft <= 0) yield* this.#giveWay();
      const { requestRange, requestPut, requestDeleteRange, requestTxn } = operation;
      this.#writer.uint32(RESPONSES_TAG);
      const mark = this.#writer.beginDelimited();
      if (requestRange !== undefined) this.#range(requestRange);
      else if (requestPut !== undefined) this.#put(requestPut);
      else if (requestDeleteRange !== undefined) yield* this.#deleteRange(requestDeleteRange);
      else if (requestTxn !== undefined) {
        const field = this.#beginField(Response.txn);
        writeInnerHeader(this.#writer, 0);
        yield* this.run(requestTxn, path.nested[nested++]!);
        this.#writer.endDelimited(field);
      }
      this.#writer.endDelimited(mark);
    }
  }

  /** Goes on in the next turn, with a writer of its own: the shared one is only for the turn. */
  *#giveWay(): Generator<void, void> {
    if (this.#writer === replyWriter) {
      this.#writer = new WireWriter();
      this.#writer.raw(replyWriter.finish());
    }
    yield;
    this.#changesLeft = CHANGED_KEYS_PER_TURN;
  }

  #beginField(number: number): number {
    this.#writer.uint32((number << 3) | 2);
    return this.#writer.beginDelimited();
  }

  #range(request: RangeRequest): void {
    const field = this.#beginField(Response.range);
    if (this.#needsReply) {
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
    this.#changesLeft--;
  }

  *#deleteRange({ key, rangeEnd: end, prevKv }: DeleteRangeRequest): Generator<void, void> {
    assert(this.#transaction !== undefined, "a deletion needs a write transaction");
    const field = this.#beginField(Response.deleteRange);
    const deletion = this.#transaction.beginDelete(key, rangeEnd(end), prevKv);
    let left = deletion.step(this.#changesLeft);
    while (left === undefined) {
      yield* this.#giveWay();
      left = deletion.step(this.#changesLeft);
    }
    this.#changesLeft = left - 1;
    writeInnerHeader(this.#writer, this.#transaction.revision);
    writeDeleted(this.#writer, deletion.deleted, deletion.previous);
    this.#writer.endDelimited(field);
  }
}

/**
 * Compares, checks, then does: what can be refused is refused before the first change. Its changes
 * have one revision together. Answers the encoded TxnResponse, or (of very many changes) what is left to do.
 */
export function applyTxn(
  store: Store,
  lessor: Lessor,
  headers: ResponseHeaders,
  request: TxnRequest,
  needsReply: boolean,
): Outcome {
  const path = choosePath(store, request);
  checkPath(store, lessor, request, path);
  const transaction = store.beginWrite();
  const execution = new Execution(transaction, transaction, needsReply);
  const run = execution.run(request, path);
  return inParts(() => {
    if (run.next().done !== true) return undefined;
    const { revision } = transaction;
    transaction.end();
    return headers.replyWith(revision, execution.written);
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
  const execution = new Execution(store, undefined, true);
  execution.run(request, path).next();
  return headers.replyWith(store.revision, execution.written);
}
