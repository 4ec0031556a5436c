import type { KeyId } from "./keys.ts";

export interface LeaseView {
  /** 64-bit id in hexadecimal, and the same in decimal. */
  readonly id: string;
  readonly decimal: string;
  /** Whole seconds left when it was asked. */
  readonly left: number;
  readonly granted: number;
  readonly keyCount: number;
  readonly keys: readonly KeyId[];
}

export interface LeasesView {
  readonly at: number;
  readonly total: number;
  readonly leases: readonly LeaseView[];
}

/** Somebody in the queue of a lock or election. */
export interface Contender {
  readonly key: KeyId;
  readonly lease: string;
  readonly createRevision: number;
  readonly left: number;
  /** What a candidate proclaims; empty for locks. */
  readonly value: string;
}

export interface LockView {
  /** The lock's name: what is in front of `/<lease>`. */
  readonly name: KeyId;
  readonly kind: "lock" | "election";
  /** The holder first, then who waits, in order. */
  readonly line: readonly Contender[];
}

export interface LocksView {
  readonly at: number;
  readonly locks: readonly LockView[];
  /** Leases that were looked at, and how many there are. */
  readonly looked: number;
  readonly total: number;
}
