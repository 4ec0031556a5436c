import type { StreamCall } from "@nodetcd/grpc";
import { LeaseError } from "@nodetcd/lease";
import { LeaseKeepAliveRequest, LeaseKeepAliveResponse } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { KEEP_ALIVES_WAITING_MAX } from "../limits.ts";
import { failCall, failStream } from "./error-to-status.ts";

/** Seconds that the lease has again; 0 when there is no such lease. */
async function renew(core: Core, id: bigint): Promise<number> {
  try {
    return core.lessor.renew(id);
  } catch (error) {
    if (!(error instanceof LeaseError)) throw error;
    switch (error.code) {
      case "LEASE_NOT_FOUND":
        return 0;
      case "LEASE_EXPIRED":
        // It cannot be saved any more, but the client is told only when it is certain.
        await core.lessor.settled(id);
        return renew(core, id);
      case "LEASE_CHECKPOINTED":
        await core.proposer.proposeMessage({ leaseCheckpoint: { checkpoints: [{ id }] } });
        return renew(core, id);
      default:
        throw error;
    }
  }
}

/** One stream: renewals are done one after the other, and so answered in their order. */
class KeepAlives {
  readonly #core: Core;
  readonly #call: StreamCall;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #full = false;

  constructor(core: Core, call: StreamCall) {
    this.#core = core;
    this.#call = call;
    call.onMessage = (bytes) => this.#receive(bytes);
    call.onDrain = () => {
      this.#full = false;
      this.#listenAgain();
    };
    call.onHalfClose = () => void this.#last.then(() => call.finish());
  }

  #receive(bytes: Uint8Array): void {
    try {
      const { id } = LeaseKeepAliveRequest.decode(bytes);
      this.#last = this.#last.then(() => this.#answer(id));
      if (++this.#waiting >= KEEP_ALIVES_WAITING_MAX) this.#call.pause();
    } catch (error) {
      failStream(this.#call, error);
    }
  }

  async #answer(id: bigint): Promise<void> {
    const { lessor, applied, raft, headers, store } = this.#core;
    if (this.#call.cancelled) return;
    try {
      // A lease that is not known may still be on its way through the log.
      if (!lessor.has(id)) {
        await new Promise<void>((resolve) => applied.whenApplied(raft.committedIndex, resolve));
      }
      // The header is from before the renewal: what it says is certainly not newer.
      const header = headers.of(store.revision);
      const ttl = await renew(this.#core, id);
      this.#full = !this.#call.send(LeaseKeepAliveResponse.encode({ header, id, ttl }));
      if (this.#full) this.#call.pause();
    } catch (error) {
      failCall(this.#call, error);
    } finally {
      this.#waiting--;
      this.#listenAgain();
    }
  }

  #listenAgain(): void {
    if (!this.#full && this.#waiting < KEEP_ALIVES_WAITING_MAX) this.#call.resume();
  }
}

/** `etcdserverpb.Lease/LeaseKeepAlive`: each message renews a lease; TTL 0 when there is none. */
export function receiveLeaseKeepAlive(core: Core): (call: StreamCall) => void {
  return (call) => void new KeepAlives(core, call);
}
