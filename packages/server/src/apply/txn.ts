import { assert } from "@nodetcd/bytes";
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
import { BYTES_PER_CHANGED_KEY, CHANGED_KEYS_PER_TURN } from "../limits.ts";
import { SlicedTask, type TimeSlice } from "../read/fair-queue.ts";
import { LargeRange, type LongReads } from "../read/large-range.ts";
import { NestedReply } from "../read/nested-reply.ts";
import { pairForm, writeFound } from "../read/range.ts";
import { PinnedReads, type TxnReads, undisturbedReads } from "../read/txn-reads.ts";
import { writeInnerHeader, writePut } from "../wire/reply-writer.ts";
import { inSlices, type Outcome, type State } from "./applier.ts";
import { allHold } from "./compare.ts";
import { beginDelete, writeDeletion } from "./delete-range.ts";
import { checkPut, putInto } from "./put.ts";

/** Which branch a transaction takes, and those nested in that branch, in order of appearance. */
interface Path {
  readonly succeeded: boolean;
  readonly nested: readonly Path[];
}

const branch = (request: TxnRequest, path: Path): readonly RequestOp[] =>
  path.succeeded ? request.success : request.failure;

/** All comparisons, nested ones too, are made before anything is changed. */
function* choosePath(
  reads: TxnReads,
  request: TxnRequest,
  slice: TimeSlice,
): Generator<void, Path> {
  const succeeded = yield* allHold(reads, request.compare, slice);
  const nested: Path[] = [];
  for (const { requestTxn } of succeeded ? request.success : request.failure) {
    if (requestTxn !== undefined) nested.push(yield* choosePath(reads, requestTxn, slice));
  }
  return { succeeded, nested };
}

/** The revisions of a store at one moment. */
type Revisions = Pick<Store, "revision" | "compactRevision">;

function checkRevision(at: Revisions, request: RangeRequest): void {
  if (request.revision === 0) return;
  if (request.revision > at.revision) throw new RequestError("FUTURE_REVISION");
  // The compacted revision itself is still readable as a whole.
  if (request.revision < at.compactRevision) throw new RequestError("COMPACTED");
}

/** Raises what makes an operation of the chosen branches impossible, before the first is done. */
function checkPath(
  view: Store,
  at: Revisions,
  lessor: Lessor,
  request: TxnRequest,
  path: Path,
): void {
  let nested = 0;
  for (const operation of branch(request, path)) {
    if (operation.requestRange !== undefined) checkRevision(at, operation.requestRange);
    else if (operation.requestPut !== undefined) checkPut(view, lessor, operation.requestPut);
    else if (operation.requestTxn !== undefined) {
      checkPath(view, at, lessor, operation.requestTxn, path.nested[nested++]!);
    }
  }
}

const SUCCEEDED_TAG = 2 << 3;
const RESPONSES_TAG = (3 << 3) | 2;
/** Tags of a ResponseOp; a RequestOp's have the same numbers. */
const Response = {
  range: (1 << 3) | 2,
  put: (2 << 3) | 2,
  deleteRange: (3 << 3) | 2,
  txn: (4 << 3) | 2,
};

/** Carries out a branch, and writes what a TxnResponse has behind its header. */
class Execution {
  readonly reply = new NestedReply();
  readonly #reads: TxnReads;
  readonly #transaction: WriteTransaction | undefined;
  readonly #slice: TimeSlice;
  readonly #needsReply: boolean;
  /** What may still be done in this turn of the loop, counted in changed keys. */
  #left = CHANGED_KEYS_PER_TURN;

  constructor(
    reads: TxnReads,
    transaction: WriteTransaction | undefined,
    slice: TimeSlice,
    needsReply: boolean,
  ) {
    this.#reads = reads;
    this.#transaction = transaction;
    this.#slice = slice;
    this.#needsReply = needsReply;
  }

  /** Yields where the turn has done as much as it may. */
  *run(request: TxnRequest, path: Path): Generator<void, void> {
    const { reply } = this;
    if (path.succeeded) {
      reply.writer.uint32(SUCCEEDED_TAG);
      reply.writer.bool(true);
    }
    let nested = 0;
    for (const { requestRange, requestPut, requestDeleteRange, requestTxn } of branch(
      request,
      path,
    )) {
      if (this.#left <= 0) yield* this.#pause();
      this.#left--;
      reply.open(RESPONSES_TAG);
      if (requestRange !== undefined) yield* this.#range(requestRange);
      else if (requestPut !== undefined) this.#put(requestPut);
      else if (requestDeleteRange !== undefined) yield* this.#deleteRange(requestDeleteRange);
      else if (requestTxn !== undefined) {
        reply.open(Response.txn);
        writeInnerHeader(reply.writer, 0);
        yield* this.run(requestTxn, path.nested[nested++]!);
        reply.close();
      }
      reply.close();
    }
  }

  /** Goes on in the next turn: the shared writer is only for this one. */
  *#pause(): Generator<void, void> {
    this.reply.moveOut();
    this.#reads.beforePause();
    yield;
    this.#left = CHANGED_KEYS_PER_TURN;
  }

  *#range(request: RangeRequest): Generator<void, void> {
    const { reply } = this;
    reply.open(Response.range);
    // A reply that cannot be sent need not be read.
    if (this.#needsReply && !reply.isTooLong) {
      const found = this.#reads.find(request);
      if (found === undefined) yield* this.#largeRange(request);
      else {
        writeInnerHeader(reply.writer, found.revision);
        const start = reply.writer.length;
        writeFound(reply.writer, found, pairForm(request));
        this.#left -= (reply.writer.length - start) / BYTES_PER_CHANGED_KEY;
      }
    }
    reply.close();
  }

  *#largeRange(request: RangeRequest): Generator<void, void> {
    const { reply } = this;
    const reader = this.#reads.open(request);
    try {
      writeInnerHeader(reply.writer, reader.storeRevision);
      reply.moveOut();
      const add = (part: Uint8Array): void => reply.add(part);
      const steps = new LargeRange(request, reader, this.#slice, add).steps();
      while (steps.next().done !== true && !reply.isTooLong) {
        if (this.#slice.over) yield* this.#pause();
      }
    } finally {
      reader.close();
    }
  }

  #put(request: PutRequest): void {
    assert(this.#transaction !== undefined, "a put needs a write transaction");
    const { reply } = this;
    reply.open(Response.put);
    const { revision, previous } = putInto(this.#transaction, request);
    writeInnerHeader(reply.writer, revision);
    writePut(reply.writer, previous);
    reply.close();
  }

  *#deleteRange(request: DeleteRangeRequest): Generator<void, void> {
    assert(this.#transaction !== undefined, "a deletion needs a write transaction");
    const { reply } = this;
    reply.open(Response.deleteRange);
    const needsReply = this.#needsReply && !reply.isTooLong;
    const deletion = beginDelete(this.#transaction, request, needsReply);
    let left = deletion.step(this.#left);
    while (left === undefined) {
      yield* this.#pause();
      left = deletion.step(this.#left);
    }
    this.#left = left;
    writeInnerHeader(reply.writer, this.#transaction.revision);
    yield* writeDeletion(reply, deletion, this.#slice);
    reply.close();
  }
}

/**
 * Compares, checks, then does: what can be refused is refused before the first change. Its changes
 * have one revision together. Answers the encoded TxnResponse, or (of very much) what is left to do.
 */
export function applyTxn(
  { clock, store, lessor, headers }: State,
  request: TxnRequest,
  needsReply: boolean,
): Outcome {
  return inSlices(clock, function* (slice) {
    const path = yield* choosePath(undisturbedReads(store), request, slice);
    checkPath(store, store, lessor, request, path);
    const transaction = store.beginWrite();
    const reads = undisturbedReads(transaction);
    const execution = new Execution(reads, transaction, slice, needsReply);
    yield* execution.run(request, path);
    const { revision } = transaction;
    try {
      return yield* execution.reply.finish(headers, revision, slice);
    } finally {
      transaction.end();
    }
  });
}

/**
 * Answers the encoded TxnResponse of a transaction that only reads: all of it as of one revision. What fits into
 * the first slice is done at once.
 *
 * @param isWanted asked now and then: false ends the work
 */
export async function readTxn(
  { store, headers, fairQueue, runtime }: LongReads,
  lessor: Lessor,
  request: TxnRequest,
  isWanted: () => boolean,
): Promise<Uint8Array> {
  const reads = new PinnedReads(store, request);
  const work = new SlicedTask(fairQueue, runtime.clock, isWanted);
  const read = function* (): Generator<void, Uint8Array> {
    const { revision, compactRevision } = store;
    const path = yield* choosePath(reads, request, work);
    checkPath(store, { revision, compactRevision }, lessor, request, path);
    const execution = new Execution(reads, undefined, work, true);
    yield* execution.run(request, path);
    return yield* execution.reply.finish(headers, revision, work);
  };
  try {
    return await work.finish(read());
  } finally {
    reads.close();
  }
}
