import { type Clock, type Logger, silentLogger } from "@nodetcd/runtime";
import type { BackendLike } from "./backend-like.ts";
import { type Checkpoint, ExpiryQueue } from "./expiry-queue.ts";
import { LeaseError, leaseNotFound } from "./errors.ts";
import { HeldLease, type Lease } from "./held-lease.ts";
import { CHECKPOINT_INTERVAL_SECONDS, EXPIRED_PER_SECOND, MAX_TTL_SECONDS } from "./limits.ts";
import { Revocation } from "./revocation.ts";
import { readRecord, recordKey, recordValue } from "./record.ts";
import { spreadExpiries } from "./spread.ts";

export interface LessorOptions {
  readonly backend: BackendLike;
  readonly clock: Clock;
  readonly logger?: Logger | undefined;
  /**
   * Seconds; a shorter time to live is raised to it silently. etcd takes 1.5 election timeouts,
   * rounded up. Default 1.
   */
  readonly minTtlSeconds?: number | undefined;
  /** Seconds; a longer one is refused. Default 9,000,000,000. */
  readonly maxTtl?: number | undefined;
  /**
   * Whether `checkpoint` writes the remaining time to the backend, so that it outlives a restart.
   * etcd does from cluster version 3.6 on. Default true.
   */
  readonly persistCheckpoints?: boolean | undefined;
  /** Seconds of life after which the rest of a long lease is handed to `onCheckpoint`. Default 300. */
  readonly checkpointIntervalSeconds?: number | undefined;
}

/** Reads the leases that a backend holds; they run once this member is promoted. Raises `CORRUPT_RECORD`. */
export function openLessor(options: LessorOptions): Lessor {
  return new Lessor(options);
}

/**
 * Leases and what is attached to them.
 *
 * Every member applies the same grants, revocations and checkpoints. Only the primary (the leader)
 * counts time: it hands leases that ran out to `onExpired`, for the server to propose their revocation;
 * nothing is deleted by time alone. A follower's leases stand still until it is promoted.
 */
export class Lessor {
  /** Leases that ran out, at most 5000 a call and 10,000 a second; handed again after 3 s if still there. */
  onExpired: (ids: bigint[]) => void = () => undefined;
  /** Remaining times to propose as LeaseCheckpoint; without a handler none are made. */
  onCheckpoint: ((checkpoints: Checkpoint[]) => void) | undefined;

  #backend: BackendLike;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #minTtl: number;
  readonly #maxTtl: number;
  readonly #expiries: ExpiryQueue;
  /** See `LessorOptions.persistCheckpoints`; the server may change it with the cluster version. */
  persistCheckpoints: boolean;
  readonly #leases = new Map<bigint, HeldLease>();
  readonly #leaseOfKey = new Map<string, HeldLease>();
  /** Who waits for the end of an expired lease. */
  readonly #waiting = new Map<bigint, (() => void)[]>();

  /** Use `openLessor`. */
  constructor(options: LessorOptions) {
    this.#backend = options.backend;
    this.#clock = options.clock;
    this.#logger = options.logger ?? silentLogger;
    this.#minTtl = options.minTtlSeconds ?? 1;
    this.#maxTtl = options.maxTtl ?? MAX_TTL_SECONDS;
    const checkpointSeconds = options.checkpointIntervalSeconds ?? CHECKPOINT_INTERVAL_SECONDS;
    this.#expiries = new ExpiryQueue(options.clock, checkpointSeconds * 1000);
    this.persistCheckpoints = options.persistCheckpoints ?? true;
    this.#load();
  }

  /** This member counts time. */
  get primary(): boolean {
    return this.#expiries.running;
  }

  get size(): number {
    return this.#leases.size;
  }

  /** Forgets everything and reads another backend, as after a snapshot from the leader. */
  recover(backend: BackendLike): void {
    this.#backend = backend;
    this.#leases.clear();
    this.#leaseOfKey.clear();
    this.#expiries.clear();
    this.#load();
    if (this.primary) for (const lease of this.#leases.values()) this.#run(lease, 0);
  }

  #load(): void {
    this.#backend.range("lease", new Uint8Array(0), undefined, 0, (key, value) => {
      const { id, ttl, remainingTtl } = readRecord(key, value);
      this.#leases.set(id, new HeldLease(id, Math.max(ttl, this.#minTtl), remainingTtl));
    });
  }

  /**
   * @param id not 0n: who asks for any id gets it chosen before the grant is proposed
   * @param ttl seconds; raised to the minimum. Raises `LEASE_EXISTS`, `LEASE_TTL_TOO_LARGE`
   */
  grant(id: bigint, ttl: number): Lease {
    if (id === 0n) throw leaseNotFound();
    if (ttl > this.#maxTtl) throw new LeaseError("LEASE_TTL_TOO_LARGE", "too large lease TTL");
    if (this.#leases.has(id)) throw new LeaseError("LEASE_EXISTS", "lease already exists");
    const lease = new HeldLease(id, Math.max(ttl, this.#minTtl), 0);
    this.#leases.set(id, lease);
    this.#persist(lease);
    if (this.primary) this.#run(lease, 0);
    return this.#view(lease);
  }

  /** Begins to end a lease and to delete its keys, in one batch of the backend. Raises `LEASE_NOT_FOUND`. */
  beginRevoke(id: bigint): Revocation {
    const lease = this.#find(id);
    return new Revocation(lease.keys, () => this.#forget(lease));
  }

  #forget(lease: HeldLease): void {
    for (const key of lease.keys) this.#leaseOfKey.delete(key);
    this.#expiries.forget(lease);
    this.#leases.delete(lease.id);
    this.#backend.delete("lease", recordKey(lease.id));
    this.#release(lease.id);
  }

  /** True when `renew` would not raise anything. */
  renewable(id: bigint): boolean {
    const lease = this.#leases.get(id);
    if (lease?.expiry === undefined || lease.expiry <= this.#clock.monotonic()) return false;
    return lease.remainingTtl === 0 || this.onCheckpoint === undefined;
  }

  /**
   * Starts the time to live anew. Raises `LEASE_NOT_FOUND`, `NOT_PRIMARY`, `LEASE_EXPIRED` (see
   * `settled`) and `LEASE_CHECKPOINTED`: with checkpoints on, the members must forget the rest that
   * the last one told them before the holder may rely on more. Propose remaining time 0, then renew.
   *
   * @returns the time to live in seconds
   */
  renew(id: bigint): number {
    if (!this.primary) throw new LeaseError("NOT_PRIMARY", "not a primary lessor");
    const lease = this.#find(id);
    if (lease.expiry !== undefined && lease.expiry <= this.#clock.monotonic()) {
      throw new LeaseError("LEASE_EXPIRED", "lease has expired and is being revoked");
    }
    if (lease.remainingTtl > 0) {
      if (this.onCheckpoint !== undefined) {
        throw new LeaseError(
          "LEASE_CHECKPOINTED",
          "lease has a checkpoint that must be reset first",
        );
      }
      lease.remainingTtl = 0;
    }
    this.#run(lease, 0);
    return lease.ttl;
  }

  /**
   * Resolves when an expired lease is revoked or this member stops to be the primary: then the answer
   * to a keep-alive of it is certain (ask `renew` again).
   */
  settled(id: bigint): Promise<void> {
    if (!this.primary || !this.#leases.has(id)) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) this.#waiting.set(id, [resolve]);
      else waiting.push(resolve);
    });
  }

  #release(id: bigint): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    for (const resolve of waiting) resolve();
  }

  lookup(id: bigint): Lease | undefined {
    const lease = this.#leases.get(id);
    return lease === undefined ? undefined : this.#view(lease);
  }

  /** True when the lease exists; cheaper than `lookup`. */
  has(id: bigint): boolean {
    return this.#leases.has(id);
  }

  /** The attached keys in no order, each made when it is asked for; undefined when there is no such lease. */
  attachedKeys(id: bigint): Iterable<Uint8Array> | undefined {
    const lease = this.#leases.get(id);
    return lease === undefined ? undefined : bytesOf(lease.keys);
  }

  /** Ids of all leases, the one that ends first first; those of a follower by their remaining time. */
  list(): bigint[] {
    const now = this.#clock.monotonic();
    const left = (lease: HeldLease): number =>
      lease.expiry === undefined ? lease.secondsToRun * 1000 : lease.expiry - now;
    const leases = [...this.#leases.values()];
    return leases.sort((a, b) => left(a) - left(b)).map((lease) => lease.id);
  }

  /** Borrows the key for the call. Raises `LEASE_NOT_FOUND`. */
  attach(id: bigint, key: Uint8Array): void {
    const lease = this.#find(id);
    const text = keyText(key);
    const before = this.#leaseOfKey.get(text);
    if (before !== undefined && before !== lease) before.keys.delete(text);
    lease.keys.add(text);
    this.#leaseOfKey.set(text, lease);
  }

  /** Nothing happens when the key is not attached to this lease. Borrows the key for the call. */
  detach(id: bigint, key: Uint8Array): void {
    const text = keyText(key);
    const lease = this.#leaseOfKey.get(text);
    if (lease?.id !== id) return;
    lease.keys.delete(text);
    this.#leaseOfKey.delete(text);
  }

  /** The lease a borrowed key is attached to; 0n for none. */
  leaseOf(key: Uint8Array): bigint {
    if (this.#leaseOfKey.size === 0) return 0n;
    return this.#leaseOfKey.get(keyText(key))?.id ?? 0n;
  }

  /**
   * This member is the leader now: all leases run, each `extendMs` longer than what is left of it,
   * since holders could not renew while there was no leader. Where more would end in one second than
   * can be revoked, their ends are spread.
   */
  promote(extendMs: number): void {
    this.#expiries.start(() => this.#tick());
    for (const lease of this.#leases.values()) this.#run(lease, extendMs);
    if (this.#leases.size < EXPIRED_PER_SECOND) return;
    const leases = [...this.#leases.values()];
    for (const { lease, delayMs } of spreadExpiries(leases, this.#clock.monotonic())) {
      this.#run(lease, extendMs + delayMs);
    }
  }

  /** Another member counts from now on: nothing expires here. */
  demote(): void {
    this.#expiries.stop();
    for (const lease of this.#leases.values()) lease.expiry = undefined;
    for (const id of this.#waiting.keys()) this.#release(id);
  }

  /** Applies a checkpoint: what is left when the next primary starts to count. */
  checkpoint(id: bigint, remainingTtl: number): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.remainingTtl = remainingTtl;
    if (this.persistCheckpoints) this.#persist(lease);
    if (this.primary && this.onCheckpoint !== undefined) this.#expiries.planCheckpoint(lease);
  }

  close(): void {
    this.demote();
  }

  #find(id: bigint): HeldLease {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw leaseNotFound();
    return lease;
  }

  #view(lease: HeldLease): Lease {
    const { id, ttl, expiry } = lease;
    const remainingSeconds =
      expiry === undefined
        ? lease.secondsToRun
        : Math.trunc((expiry - this.#clock.monotonic()) / 1000) + 0;
    return { id, ttl, remainingSeconds, keys: sortedKeys(lease) };
  }

  #persist(lease: HeldLease): void {
    const value = recordValue(lease.id, lease.ttl, lease.remainingTtl);
    this.#backend.put("lease", recordKey(lease.id), value);
  }

  #run(lease: HeldLease, extendMs: number): void {
    this.#expiries.run(lease, extendMs, this.onCheckpoint !== undefined);
  }

  #tick(): void {
    const expired = this.#expiries.takeExpired();
    if (expired.length > 0) this.onExpired(expired);
    const checkpoints = this.#expiries.takeCheckpoints();
    if (checkpoints.length === 0) return;
    this.#logger.debug("checkpointing leases", { count: checkpoints.length });
    this.onCheckpoint?.(checkpoints);
  }
}

function keyText(key: Uint8Array): string {
  return Buffer.prototype.latin1Slice.call(key, 0, key.length);
}

function* bytesOf(keys: Iterable<string>): Generator<Uint8Array, void> {
  for (const key of keys) yield Buffer.from(key, "latin1");
}

/** Byte order, which is the order of the texts; owned. */
function sortedKeys(lease: HeldLease): Uint8Array[] {
  return [...lease.keys].sort().map((key) => Buffer.from(key, "latin1"));
}
