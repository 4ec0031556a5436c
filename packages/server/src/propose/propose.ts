import { Slab } from "@nodetcd/bytes";
import { type ConfChange, InternalRaftRequest, type Init } from "@nodetcd/messages";
import { RequestError } from "../errors.ts";
import { APPLY_LAG_MAX } from "../limits.ts";
import { ANYBODY, type Caller } from "../wire/caller.ts";
import { encodeEntry, type RequestField } from "../wire/entry-codec.ts";
import type { InFlight, Waiter } from "./in-flight.ts";
import type { RequestIds } from "../wire/request-id.ts";
import { PromiseWaiter } from "./waiters.ts";

/** What proposing needs to know of raft. */
export interface ProposalSink {
  readonly hasLeader: boolean;
  /** Entries that are committed and not applied yet. */
  readonly applyLag: number;
  /** Hands an entry over, of this request; it leaves with everything else of this turn of the loop. */
  propose(id: number, data: Uint8Array): void;
  /** As `propose`. */
  proposeMembershipChange(id: number, change: ConfChange): void;
}

/** The way of every change: bytes in, raft entry out, the waiter kept until it is applied. */
export class Proposer {
  readonly #sink: ProposalSink;
  readonly #ids: RequestIds;
  readonly #inFlight: InFlight;
  readonly #requestBytesMax: number;
  readonly #slab = new Slab();
  #closed: RequestError | undefined;

  constructor(sink: ProposalSink, ids: RequestIds, inFlight: InFlight, requestBytesMax: number) {
    this.#sink = sink;
    this.#ids = ids;
    this.#inFlight = inFlight;
    this.#requestBytesMax = requestBytesMax;
  }

  /**
   * Proposes a client's request by its own bytes (borrowed for the call). Raises `RequestError` when
   * it is refused; otherwise `waiter` is told, now or later.
   */
  propose(field: RequestField, request: Uint8Array, caller: Caller, waiter: Waiter): void {
    this.#assertOpen();
    const suffix = this.#ids.next();
    const entry = encodeEntry(this.#slab, field, request, this.#ids, suffix, caller);
    this.#submit(suffix, entry, waiter);
  }

  /**
   * Proposes any request, by default of nobody in particular (as the member's own are that need no rights);
   * resolves with the encoded reply.
   */
  async proposeMessage(
    request: Init<InternalRaftRequest>,
    caller: Caller = ANYBODY,
  ): Promise<Uint8Array> {
    this.#assertOpen();
    const suffix = this.#ids.next();
    const { user: username, authRevision } = caller;
    const header = { id: this.#ids.full(suffix), username, authRevision };
    const waiter = new PromiseWaiter();
    this.#submit(suffix, InternalRaftRequest.encode({ ...request, header }), waiter);
    return waiter.result;
  }

  /** Proposes a change of the members; resolves when it is made, rejects when it was refused. */
  async changeMembership(change: Omit<ConfChange, "id">): Promise<void> {
    this.#assertOpen();
    const suffix = this.#ids.next();
    const waiter = new PromiseWaiter();
    this.#inFlight.add(suffix, change.context.length, waiter);
    this.#sink.proposeMembershipChange(suffix, { ...change, id: this.#ids.full(suffix) });
    await waiter.result;
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#sink.applyLag > APPLY_LAG_MAX) throw new RequestError("TOO_MANY_REQUESTS");
    this.#inFlight.assertRoom();
  }

  #submit(suffix: number, data: Uint8Array, waiter: Waiter): void {
    if (data.length > this.#requestBytesMax) throw new RequestError("REQUEST_TOO_LARGE");
    this.#inFlight.add(suffix, data.length, waiter);
    this.#sink.propose(suffix, data);
  }

  /** From now on every proposal is refused with `error`, and so is everyone who waits. */
  close(error: RequestError): void {
    this.#closed = error;
    this.#inFlight.close(error);
  }
}
