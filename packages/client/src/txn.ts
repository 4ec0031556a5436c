import {
  type Compare as WireCompare,
  CompareResult,
  CompareTarget,
  type Init,
  type RequestOp,
  type ResponseOp,
  type TxnRequest,
  type TxnResponse,
} from "@nodetcd/messages";
import { type BytesLike, toBytes } from "./bytes-like.ts";
import { checkOptions, isInteger, isOneOf, refuse } from "./check.ts";
import {
  DELETE_OPTIONS,
  deleteRequest,
  type DeleteOptions,
  type DeleteResult,
  deleteResult,
} from "./delete-range.ts";
import { EtcdError } from "./errors.ts";
import { KEY_SELECTION, type KeySelection, keyRange } from "./key-range.ts";
import {
  leaseId,
  type LeaseLike,
  PUT_OPTIONS,
  putRequest,
  type PutOptions,
  type PutResult,
  putResult,
} from "./put.ts";
import {
  RANGE_OPTIONS,
  type RangeOptions,
  rangeRequest,
  type RangeResult,
  rangeResult,
} from "./range.ts";

/** One operation of a transaction; made by `op`. */
export interface Op {
  readonly wire: Init<RequestOp>;
}

/** One condition of a transaction; made by `compare`. */
export interface Comparison {
  readonly wire: Init<WireCompare>;
}

export type CompareOperator = "=" | "!=" | "<" | ">";

const OPERATORS = {
  "=": CompareResult.EQUAL,
  "!=": CompareResult.NOT_EQUAL,
  "<": CompareResult.LESS,
  ">": CompareResult.GREATER,
} as const;

const isOperator = isOneOf(Object.keys(OPERATORS));

function comparison(
  key: BytesLike,
  operator: CompareOperator,
  target: Init<WireCompare>,
  selection: KeySelection,
): Comparison {
  isOperator(operator, "operator");
  checkOptions(selection, KEY_SELECTION);
  return { wire: { ...keyRange(key, selection), ...target, result: OPERATORS[operator] } };
}

function numbered(
  key: BytesLike,
  operator: CompareOperator,
  target: Init<WireCompare>,
  selection: KeySelection,
): Comparison {
  const { version, createRevision, modRevision } = target;
  if (target.target === CompareTarget.VERSION) isInteger(version, "version");
  else if (target.target === CompareTarget.CREATE) isInteger(createRevision, "createRevision");
  else isInteger(modRevision, "modRevision");
  return comparison(key, operator, target, selection);
}

/**
 * Conditions. A key that is not there has version, revisions and lease 0, and fails every comparison
 * of values. With a selection of several keys the condition must hold for each of them.
 */
export const compare = {
  value: (
    key: BytesLike,
    operator: CompareOperator,
    value: BytesLike,
    of: KeySelection = {},
  ): Comparison =>
    comparison(key, operator, { target: CompareTarget.VALUE, value: toBytes(value, "value") }, of),
  /** Version 0 asks whether the key is missing. */
  version: (
    key: BytesLike,
    operator: CompareOperator,
    version: number,
    of: KeySelection = {},
  ): Comparison => numbered(key, operator, { target: CompareTarget.VERSION, version }, of),
  createRevision: (
    key: BytesLike,
    operator: CompareOperator,
    createRevision: number,
    of: KeySelection = {},
  ): Comparison => numbered(key, operator, { target: CompareTarget.CREATE, createRevision }, of),
  modRevision: (
    key: BytesLike,
    operator: CompareOperator,
    modRevision: number,
    of: KeySelection = {},
  ): Comparison => numbered(key, operator, { target: CompareTarget.MOD, modRevision }, of),
  lease: (
    key: BytesLike,
    operator: CompareOperator,
    lease: LeaseLike,
    of: KeySelection = {},
  ): Comparison =>
    comparison(key, operator, { target: CompareTarget.LEASE, lease: leaseId(lease) }, of),
} as const;

/** Operations, with the options of the calls of the same name. */
export const op = {
  put: (key: BytesLike, value: BytesLike, options: PutOptions = {}): Op => {
    checkOptions(options, PUT_OPTIONS);
    return { wire: { requestPut: putRequest(key, value, options) } };
  },
  range: (key: BytesLike, options: RangeOptions = {}): Op => {
    checkOptions(options, RANGE_OPTIONS);
    return { wire: { requestRange: rangeRequest(key, options) } };
  },
  delete: (key: BytesLike, options: DeleteOptions = {}): Op => {
    checkOptions(options, DELETE_OPTIONS);
    return { wire: { requestDeleteRange: deleteRequest(key, options) } };
  },
  /** A transaction inside the transaction: its conditions are looked at when its turn comes. */
  txn: (conditions: Comparison[], success: Op[], failure: Op[] = []): Op => ({
    wire: { requestTxn: txnRequest(conditions, success, failure) },
  }),
} as const;

/** What an operation answered, in the order of the operations of the branch that ran. */
export type OpResult =
  | ({ readonly kind: "put" } & PutResult)
  | ({ readonly kind: "range" } & RangeResult)
  | ({ readonly kind: "delete" } & DeleteResult)
  | ({ readonly kind: "txn" } & TxnResult);

export interface TxnResult {
  /** True when all conditions held and `then` ran; false when `else` ran. */
  succeeded: boolean;
  /** Store revision after the transaction: all its changes have this one revision. */
  revision: number;
  results: OpResult[];
}

export function txnRequest(
  conditions: readonly Comparison[],
  success: readonly Op[],
  failure: readonly Op[],
): Init<TxnRequest> {
  return {
    compare: wiresOf(conditions, "conditions", "compare"),
    success: wiresOf(success, "then", "op"),
    failure: wiresOf(failure, "else", "op"),
  };
}

function wiresOf<Wire>(made: readonly { readonly wire: Wire }[], name: string, by: string): Wire[] {
  return made.map((one: { readonly wire?: Wire } | undefined) => {
    if (one?.wire === undefined) refuse(name, `what ${by}.… makes`, one);
    return one.wire;
  });
}

export function txnResult(response: TxnResponse): TxnResult {
  return {
    succeeded: response.succeeded,
    revision: response.header?.revision ?? 0,
    results: response.responses.map(opResult),
  };
}

function opResult(response: ResponseOp): OpResult {
  if (response.responsePut !== undefined) {
    return { kind: "put", ...putResult(response.responsePut) };
  }
  if (response.responseRange !== undefined) {
    return { kind: "range", ...rangeResult(response.responseRange) };
  }
  if (response.responseDeleteRange !== undefined) {
    return { kind: "delete", ...deleteResult(response.responseDeleteRange) };
  }
  if (response.responseTxn !== undefined) {
    return { kind: "txn", ...txnResult(response.responseTxn) };
  }
  throw new EtcdError("UNKNOWN", "The server answered a transaction with an unknown operation");
}

/**
 * Collects a transaction: all of it happens at one revision, or none.
 *
 *     await client.txn()
 *       .if(compare.version("job/1", "=", 0))
 *       .then(op.put("job/1", "mine"))
 *       .else(op.range("job/1"))
 *       .commit();
 */
export class TxnBuilder {
  readonly #send: (request: Init<TxnRequest>) => Promise<TxnResult>;
  readonly #conditions: Comparison[] = [];
  readonly #success: Op[] = [];
  readonly #failure: Op[] = [];

  constructor(send: (request: Init<TxnRequest>) => Promise<TxnResult>) {
    this.#send = send;
  }

  /** Conditions that must all hold; none hold always. Calls add up. */
  if(...conditions: Comparison[]): this {
    this.#conditions.push(...conditions);
    return this;
  }

  /** What happens when all conditions hold. Calls add up. */
  // oxlint-disable-next-line unicorn/no-thenable -- etcd's word for it; see the guard
  then(...operations: Op[]): this {
    if (operations.some((operation) => typeof operation === "function")) {
      // `await client.txn()` takes this for a promise and calls it with two functions.
      throw new EtcdError("BAD_ARGUMENT", "A transaction was awaited without .commit()");
    }
    this.#success.push(...operations);
    return this;
  }

  /** What happens when a condition does not hold. Calls add up. */
  else(...operations: Op[]): this {
    this.#failure.push(...operations);
    return this;
  }

  /** Sends it. At most 128 conditions, and operations of a branch, with a server's usual limits. */
  commit(): Promise<TxnResult> {
    return this.#send(txnRequest(this.#conditions, this.#success, this.#failure));
  }
}
