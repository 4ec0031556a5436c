import type { Clock, Timer } from "@nodetcd/runtime";
import { DeadlineHeap } from "./deadline-heap.ts";
import type { HeldLease, LeaseItem } from "./held-lease.ts";
import {
  CHECKPOINT_BATCH,
  EXPIRED_PER_SECOND,
  EXPIRED_RETRY_MS,
  EXPIRY_INTERVAL_MS,
} from "./limits.ts";

export interface Checkpoint {
  readonly id: bigint;
  /** Seconds. */
  readonly remainingTtl: number;
}

const EXPIRED_PER_TICK: number = (EXPIRED_PER_SECOND * EXPIRY_INTERVAL_MS) / 1000;

/** Time as it runs on the primary: which leases are due, and which are due for a checkpoint. */
export class ExpiryQueue {
  readonly #clock: Clock;
  readonly #checkpointIntervalMs: number;
  readonly #expiring = new DeadlineHeap<LeaseItem>();
  readonly #checkpointing = new DeadlineHeap<LeaseItem>();
  #timer: Timer | undefined;

  constructor(clock: Clock, checkpointIntervalMs: number) {
    this.#clock = clock;
    this.#checkpointIntervalMs = checkpointIntervalMs;
  }

  get running(): boolean {
    return this.#timer !== undefined;
  }

  /** Calls `tick` each 500 ms from now on; keeps the timer that is there. */
  start(tick: () => void): void {
    this.#timer ??= this.#clock.setRepeating(EXPIRY_INTERVAL_MS, tick);
  }

  /** Forgets all deadlines and stops. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.clear();
  }

  clear(): void {
    this.#expiring.clear();
    this.#checkpointing.clear();
  }

  /** The lease runs from now on, for what is left of it and `extendMs` more. */
  run(lease: HeldLease, extendMs: number, withCheckpoints: boolean): void {
    lease.expiry = this.#clock.monotonic() + extendMs + lease.secondsToRun * 1000;
    this.#expiring.schedule(lease.expiring, lease.expiry);
    if (withCheckpoints) this.planCheckpoint(lease);
  }

  /** A lease that ends before its next checkpoint gets none. */
  planCheckpoint(lease: HeldLease): void {
    if (lease.secondsToRun * 1000 <= this.#checkpointIntervalMs) return;
    const at = this.#clock.monotonic() + this.#checkpointIntervalMs;
    this.#checkpointing.schedule(lease.checkpointing, at);
  }

  forget(lease: HeldLease): void {
    this.#expiring.remove(lease.expiring);
    this.#checkpointing.remove(lease.checkpointing);
  }

  /** Leases that ran out, as many as a tick may hand over; each comes again in 3 s if still there. */
  takeExpired(): bigint[] {
    const now = this.#clock.monotonic();
    const ids: bigint[] = [];
    while (ids.length < EXPIRED_PER_TICK) {
      const item = this.#expiring.first;
      if (item === undefined || item.deadline > now) break;
      ids.push(item.lease.id);
      // The revocation may be lost with a leader that is none any more: look again.
      this.#expiring.schedule(item, now + EXPIRED_RETRY_MS);
    }
    return ids;
  }

  /** What is left of the leases whose checkpoint is due, rounded up to seconds. */
  takeCheckpoints(): Checkpoint[] {
    const now = this.#clock.monotonic();
    const checkpoints: Checkpoint[] = [];
    while (checkpoints.length < CHECKPOINT_BATCH) {
      const item = this.#checkpointing.first;
      if (item === undefined || item.deadline > now) break;
      this.#checkpointing.remove(item);
      const { id, ttl, expiry } = item.lease;
      if (expiry === undefined || expiry <= now) continue;
      const remainingTtl = Math.ceil((expiry - now) / 1000);
      if (remainingTtl < ttl) checkpoints.push({ id, remainingTtl });
    }
    return checkpoints;
  }
}
