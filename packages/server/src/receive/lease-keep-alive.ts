import { checkLease } from "@nodetcd/auth";
import type { StreamCall } from "@nodetcd/grpc";
import { LeaseError } from "@nodetcd/lease";
import { type Init, LeaseKeepAliveRequest, LeaseKeepAliveResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { requestTimeoutMs } from "../config.ts";
import { KEEP_ALIVES_WAITING_MAX } from "../limits.ts";
import type { Caller } from "../wire/caller.ts";
import { askLeader } from "../replicate/ask-leader.ts";
import { failCall, failStream } from "../wire/error-map.ts";
import type { StreamHandler } from "./handler.ts";

/** Seconds that the lease has again; 0 when there is no such lease. */
async function renew(member: MemberContext, id: bigint): Promise<number> {
  try {
    return await renewHere(member, id);
  } catch (error) {
    if (!(error instanceof LeaseError) || error.code !== "NOT_PRIMARY") throw error;
    return renewAtLeader(member, id);
  }
}

/** Only the leader counts time. */
async function renewAtLeader(member: MemberContext, id: bigint): Promise<number> {
  const question = {
    path: "/leases",
    body: LeaseKeepAliveRequest.encode({ id }),
    timeoutMs: requestTimeoutMs(member.config),
  };
  const reply = await askLeader(member, question, ({ status }) => status === 200 || status === 404);
  if (reply === "here") return renewHere(member, id);
  return reply.status === 404 ? 0 : LeaseKeepAliveResponse.decode(reply.body).ttl;
}

/** As `renew`, on this member; raises NOT_PRIMARY where it does not lead. */
export async function renewHere(member: MemberContext, id: bigint): Promise<number> {
  try {
    return member.lessor.renew(id);
  } catch (error) {
    if (!(error instanceof LeaseError)) throw error;
    switch (error.code) {
      case "LEASE_NOT_FOUND":
        return 0;
      case "LEASE_EXPIRED":
        // It cannot be saved any more, but the client is told only when it is certain.
        await member.lessor.settled(id);
        return renewHere(member, id);
      case "LEASE_CHECKPOINTED":
        await member.proposer.proposeMessage({ leaseCheckpoint: { checkpoints: [{ id }] } });
        return renewHere(member, id);
      default:
        throw error;
    }
  }
}

/**
 * One stream: renewals are done one after the other, and so answered in their order. Nearly all are done in
 * the turn in which they come; one that has to wait for something lets those behind it wait as well.
 */
class KeepAlives {
  readonly #member: MemberContext;
  readonly #call: StreamCall;
  /** Behind the one that takes its time. */
  #waiting: bigint[] = [];
  #busy = false;
  #full = false;
  #halfClosed = false;

  constructor(member: MemberContext, call: StreamCall) {
    this.#member = member;
    this.#call = call;
    call.onMessage = (bytes) => this.#receive(bytes);
    call.onDrain = () => {
      this.#full = false;
      this.#listenAgain();
    };
    call.onHalfClose = () => {
      this.#halfClosed = true;
      if (!this.#busy) call.finish();
    };
  }

  #receive(bytes: Uint8Array): void {
    try {
      const { id } = LeaseKeepAliveRequest.decode(bytes);
      if (!this.#busy) {
        this.#renew(id);
        return;
      }
      if (this.#waiting.push(id) >= KEEP_ALIVES_WAITING_MAX) this.#call.pause();
    } catch (error) {
      failStream(this.#call, error);
    }
  }

  /** Each message is asked anew who sends it, and whether he may write all keys of the lease. */
  #renew(id: bigint): void {
    if (this.#call.cancelled) return;
    const { lessor, headers, store } = this.#member;
    // A lease that is not known may still be on its way through the log.
    if (lessor.renewable(id) && this.#isAllowedNow(id)) {
      // The header is from before the renewal: what it says is certainly not newer.
      const header = headers.of(store.revision);
      this.#answer({ header, id, ttl: lessor.renew(id) });
    } else void this.#renewLater(id);
  }

  /** False when that is not known at once. Raises what refuses it. */
  #isAllowedNow(id: bigint): boolean {
    const caller = this.#member.access.identifyNow(this.#call);
    if (caller === undefined) return false;
    this.#check(caller, id);
    return true;
  }

  #check(caller: Caller, id: bigint): void {
    const { auth, lessor } = this.#member;
    auth.checkKnown(caller);
    checkLease(auth, caller, id, (lease) => lessor.attachedKeys(lease), "write");
  }

  async #renewLater(id: bigint): Promise<void> {
    const { lessor, applied, raft, headers, store } = this.#member;
    this.#busy = true;
    try {
      if (!lessor.has(id)) {
        await new Promise<void>((resolve) => applied.whenApplied(raft.committedIndex, resolve));
      }
      this.#check(await this.#member.access.identify(this.#call), id);
      const header = headers.of(store.revision);
      const ttl = await renew(this.#member, id);
      if (!this.#call.cancelled) this.#answer({ header, id, ttl });
    } catch (error) {
      failCall(this.#call, error);
    }
    this.#busy = false;
    this.#goOn();
  }

  #goOn(): void {
    const waiting = this.#waiting;
    let next = 0;
    try {
      while (next < waiting.length && !this.#busy) this.#renew(waiting[next++]!);
    } catch (error) {
      failCall(this.#call, error);
      return;
    }
    this.#waiting = waiting.slice(next);
    if (this.#halfClosed && !this.#busy) this.#call.finish();
    this.#listenAgain();
  }

  #answer(response: Init<LeaseKeepAliveResponse>): void {
    this.#full = !this.#call.send(LeaseKeepAliveResponse.encode(response));
    if (this.#full) this.#call.pause();
  }

  #listenAgain(): void {
    if (!this.#full && this.#waiting.length < KEEP_ALIVES_WAITING_MAX) this.#call.resume();
  }
}

/** `etcdserverpb.Lease/LeaseKeepAlive`: each message renews a lease; TTL 0 when there is none. */
export function receiveLeaseKeepAlive(member: MemberContext): StreamHandler {
  return (call) => void new KeepAlives(member, call);
}
