import type {
  AlarmRequest,
  CompactionRequest,
  DeleteRangeRequest,
  LeaseCheckpointRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from "@nodetcd/messages";

/** What of a compaction is left when it has been applied: its physical part. */
export interface CompactionOutcome {
  readonly reply: Uint8Array;
  /** Settles when the history is deleted from the database and that is committed. */
  readonly physical: Promise<void>;
}

/** What is left of a request that is too much for one turn: does a part, and answers the reply when done. */
export type Continuation = () => Uint8Array | undefined;

/** Carries out the first part at once: the reply if that is all, else what goes on. */
export function inParts(part: Continuation): Uint8Array | Continuation {
  return part() ?? part;
}

/**
 * The requests that change keys and leases. Every method is synchronous and gives the same result on
 * every member. It answers the encoded reply (owned by the caller), or what is left to do, or raises `RequestError` (or an
 * error that `toRequestError` knows) having changed nothing. With `needsReply` false nobody reads the
 * reply, and any bytes will do.
 *
 * Guards wrap it: functions that take an applier and give one that refuses some requests.
 */
export interface Applier {
  put(request: PutRequest, needsReply: boolean): Uint8Array;
  range(request: RangeRequest): Uint8Array;
  deleteRange(request: DeleteRangeRequest, needsReply: boolean): Uint8Array | Continuation;
  txn(request: TxnRequest, needsReply: boolean): Uint8Array | Continuation;
  compact(request: CompactionRequest): CompactionOutcome;
  leaseGrant(request: LeaseGrantRequest): Uint8Array;
  leaseRevoke(request: LeaseRevokeRequest): Uint8Array | Continuation;
  leaseCheckpoint(request: LeaseCheckpointRequest): Uint8Array;
  alarm(request: AlarmRequest): Uint8Array;
}
