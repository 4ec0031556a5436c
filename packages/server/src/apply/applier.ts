import type { AuthStore, TokenProvider } from "@nodetcd/auth";
import type { Backend } from "@nodetcd/backend";
import type { Lessor } from "@nodetcd/lease";
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
import type { Store } from "@nodetcd/mvcc";
import type { Clock } from "@nodetcd/runtime";
import { APPLY_SLICE_MS } from "../limits.ts";
import type { TimeSlice } from "../read/fair-queue.ts";
import type { Alarms } from "../state/alarms.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";

/** Everything that requests change. */
export interface State {
  readonly clock: Clock;
  readonly backend: Backend;
  readonly store: Store;
  readonly lessor: Lessor;
  readonly alarms: Alarms;
  readonly auth: AuthStore;
  readonly tokens: TokenProvider;
  readonly headers: ResponseHeaders;
}

/** Whose request is applied, and whether its reply is read by anybody. */
export interface ApplyContext {
  /** As in `Caller`; the entry carries them, so that every member decides alike. */
  readonly user: string;
  readonly authRevision: number;
  /** False: nobody on this member waits for the reply, and any bytes will do. */
  readonly needsReply: boolean;
}

/**
 * What is left of a request that is too much for one turn: does a part, and answers the reply when done. Raises
 * `RequestError` when it is done and there is no reply, or when nothing is done and never will be.
 */
export type Continuation = () => Uint8Array | undefined;

/** What applying a request came to. Replies are encoded and owned by the caller. */
export type Outcome =
  | { readonly kind: "done"; readonly reply: Uint8Array }
  /** A part of it is done. The rest comes in later turns, and before any other request. */
  | { readonly kind: "unfinished"; readonly next: Continuation }
  | {
      readonly kind: "compacting";
      readonly reply: Uint8Array;
      /** Settles when the history is deleted from the database and that is committed. */
      readonly physical: Promise<void>;
    };

export const done = (reply: Uint8Array): Outcome => ({ kind: "done", reply });

/** Carries out the first part at once: that may be all. */
export function inParts(next: Continuation): Outcome {
  const reply = next();
  return reply === undefined ? { kind: "unfinished", next } : done(reply);
}

/** How long a part of a request may take. */
class ApplySlice implements TimeSlice {
  readonly #clock: Clock;
  until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): void {
    this.until = this.#clock.monotonic() + APPLY_SLICE_MS;
  }

  get over(): boolean {
    return this.#clock.monotonic() >= this.until;
  }
}

/** As `inParts`, for work that yields where its slice is over, or where it has changed as much as it may. */
export function inSlices(
  clock: Clock,
  work: (slice: TimeSlice) => Generator<void, Uint8Array>,
): Outcome {
  const slice = new ApplySlice(clock);
  const steps = work(slice);
  return inParts(() => {
    slice.begin();
    const step = steps.next();
    return step.done === true ? step.value : undefined;
  });
}

/**
 * The requests that change keys and leases. Every method is synchronous and gives the same result on
 * every member, or raises `RequestError` (or an error that `toRequestError` knows) having changed nothing.
 *
 * Guards wrap it: functions that take an applier and give one that refuses some requests.
 */
export interface Applier {
  put(request: PutRequest, context: ApplyContext): Outcome;
  range(request: RangeRequest, context: ApplyContext): Outcome;
  deleteRange(request: DeleteRangeRequest, context: ApplyContext): Outcome;
  txn(request: TxnRequest, context: ApplyContext): Outcome;
  compact(request: CompactionRequest, context: ApplyContext): Outcome;
  leaseGrant(request: LeaseGrantRequest, context: ApplyContext): Outcome;
  leaseRevoke(request: LeaseRevokeRequest, context: ApplyContext): Outcome;
  leaseCheckpoint(request: LeaseCheckpointRequest, context: ApplyContext): Outcome;
  alarm(request: AlarmRequest, context: ApplyContext): Outcome;
}
