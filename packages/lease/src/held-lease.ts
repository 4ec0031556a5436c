import type { HeapItem } from "./deadline-heap.ts";

/** A lease as callers see it. */
export interface Lease {
  readonly id: bigint;
  /** Seconds, as granted (raised to the minimum). */
  readonly ttl: number;
  /**
   * Whole seconds left, rounded towards zero as etcd does: 0 in the last second and in the first one past
   * the end, then negative until it is revoked. On members that are not primary time does not run: `ttl`,
   * or what the last checkpoint said.
   */
  readonly remainingSeconds: number;
  /** The attached keys in byte order; owned by the caller. */
  readonly keys: Uint8Array[];
}

/** A lease's place in a heap of deadlines. */
export interface LeaseItem extends HeapItem {
  readonly lease: HeldLease;
}

/** A lease inside the lessor. */
export class HeldLease {
  readonly id: bigint;
  readonly ttl: number;
  /** Seconds left by the last checkpoint; 0 when there was none since the last renewal. */
  remainingTtl: number;
  /** Monotonic milliseconds; undefined while nobody counts (this member is not the primary). */
  expiry: number | undefined = undefined;
  /** Attached keys, one character a byte. */
  readonly keys: Set<string> = new Set();
  readonly expiring: LeaseItem = { deadline: Infinity, position: -1, lease: this };
  readonly checkpointing: LeaseItem = { deadline: Infinity, position: -1, lease: this };

  constructor(id: bigint, ttl: number, remainingTtl: number) {
    this.id = id;
    this.ttl = ttl;
    this.remainingTtl = remainingTtl;
  }

  /** The seconds that count when time starts to run: the checkpoint's, or the full time to live. */
  get secondsToRun(): number {
    return this.remainingTtl > 0 ? this.remainingTtl : this.ttl;
  }
}
