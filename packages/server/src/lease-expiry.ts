import type { Logger } from "@nodetcd/runtime";
import { REVOKE_QUEUE_MAX, REVOKES_IN_FLIGHT_MAX } from "./limits.ts";
import type { Proposer } from "./propose/propose.ts";
import { toRequestError } from "./wire/error-map.ts";

/**
 * Revokes leases whose time is up, through the log like any revocation. What does not fit into the
 * queue is reported again by the lessor.
 */
export class LeaseExpiry {
  readonly #proposer: Pick<Proposer, "proposeMessage">;
  readonly #logger: Logger;
  readonly #waiting = new Set<bigint>();
  readonly #inFlight = new Set<bigint>();
  /** Leases revoked so far. */
  revoked = 0;

  constructor(proposer: Pick<Proposer, "proposeMessage">, logger: Logger) {
    this.#proposer = proposer;
    this.#logger = logger;
  }

  /** Takes the ids of expired leases. */
  revoke(ids: readonly bigint[]): void {
    for (const id of ids) {
      if (this.#waiting.size >= REVOKE_QUEUE_MAX) break;
      if (!this.#inFlight.has(id)) this.#waiting.add(id);
    }
    this.#next();
  }

  #next(): void {
    for (const id of this.#waiting) {
      if (this.#inFlight.size >= REVOKES_IN_FLIGHT_MAX) return;
      this.#waiting.delete(id);
      this.#inFlight.add(id);
      void this.#revokeOne(id);
    }
  }

  async #revokeOne(id: bigint): Promise<void> {
    try {
      await this.#proposer.proposeMessage({ leaseRevoke: { id } });
      this.revoked++;
    } catch (error) {
      const refusal = toRequestError(error);
      // Somebody was faster.
      if (refusal.code !== "LEASE_NOT_FOUND" && refusal.code !== "STOPPED") {
        this.#logger.warn("failed to revoke lease", {
          "lease-id": id.toString(16).padStart(16, "0"),
          error: refusal.message,
        });
      }
    } finally {
      this.#inFlight.delete(id);
      this.#next();
    }
  }
}
