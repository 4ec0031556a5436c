import { type ClientStream, Status } from "@nodetcd/grpc";
import { LeaseKeepAliveRequest, LeaseKeepAliveResponse, METHODS } from "@nodetcd/messages";
import type { Timer } from "@nodetcd/runtime";
import type { Calls } from "./calls.ts";
import { EtcdError, errorOfStatus, toEtcdError } from "./errors.ts";
import { KEEP_ALIVE_REOPEN_MS } from "./limits.ts";
import { REQUIRE_LEADER } from "./watcher.ts";

interface KeptLease {
  readonly id: bigint;
  readonly lost: AbortController;
  ttlSeconds: number;
  /** Monotonic milliseconds of the renewals under way, oldest first: they are answered in order. */
  sentAt: number[];
  /** Monotonic milliseconds: when to send again, and until when the server keeps the lease. */
  renewAt: number;
  expiresAt: number;
}

/**
 * Renews the leases of one client, each at a third of its TTL, over one stream. The time that is left
 * is counted from when a renewal was sent, so it is never more than what the server grants.
 */
export class LeaseKeeper {
  readonly #connection: Calls;
  readonly #leases = new Map<bigint, KeptLease>();
  #stream: ClientStream | undefined;
  #opening = false;
  #timer: Timer | undefined;
  /** Monotonic milliseconds at which the timer fires; nothing is due before. */
  #wakeAt = Number.POSITIVE_INFINITY;
  #forget: (() => void) | undefined;

  constructor(connection: Calls) {
    this.#connection = connection;
  }

  /**
   * Renews this lease now and from now on; `ttlSeconds` 0 is not known. The signal is aborted when
   * the lease has ended, with the reason: an `EtcdError` of code `LEASE_NOT_FOUND` or `LEASE_LOST`.
   */
  keep(id: bigint, ttlSeconds: number): AbortSignal {
    const known = this.#leases.get(id);
    if (known !== undefined) return known.lost.signal;
    const now = this.#connection.clock.monotonic();
    const lease: KeptLease = {
      id,
      lost: new AbortController(),
      ttlSeconds,
      sentAt: [],
      renewAt: now,
      expiresAt: ttlSeconds === 0 ? Number.POSITIVE_INFINITY : now + ttlSeconds * 1_000,
    };
    this.#forget ??= this.#connection.onClose(() => this.#close());
    this.#leases.set(id, lease);
    this.#wakeBy(now);
    return lease.lost.signal;
  }

  /** Stops renewing a lease that has ended; its signal tells why. */
  lose(id: bigint, error: EtcdError): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    this.release(id);
    lease.lost.abort(error);
  }

  /** Stops renewing; the lease then runs out, and its signal stays silent. */
  release(id: bigint): void {
    if (this.#leases.delete(id) && this.#leases.size === 0) this.#close();
  }

  #close(): void {
    const closed = new EtcdError("CLIENT_CLOSED", "The client was closed; leases run out");
    for (const lease of this.#leases.values()) lease.lost.abort(closed);
    this.#leases.clear();
    this.#timer?.cancel();
    this.#stream?.cancel();
    this.#timer = this.#stream = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#forget?.();
    this.#forget = undefined;
  }

  #warnLost(lease: KeptLease, error: EtcdError): void {
    this.#connection.logger.warn("lease lost", {
      lease: lease.id.toString(16),
      error: error.message,
    });
    this.lose(lease.id, error);
  }

  /** Looks at the leases at this time at the latest. To look too early does no harm. */
  #wakeBy(time: number): void {
    if (time >= this.#wakeAt) return;
    this.#timer?.cancel();
    this.#wakeAt = time;
    const { clock } = this.#connection;
    const delay = Math.max(0, time - clock.monotonic());
    this.#timer = clock.setTimer(delay, () => this.#renewDue());
  }

  #wakeForAll(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const { renewAt, expiresAt } of this.#leases.values()) {
      next = Math.min(next, renewAt, expiresAt);
    }
    this.#wakeBy(next);
  }

  #renewDue(): void {
    this.#timer = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    const now = this.#connection.clock.monotonic();
    for (const lease of this.#leases.values()) {
      if (now >= lease.expiresAt) {
        const seconds = lease.ttlSeconds;
        const message = `No renewal of the lease got through for its TTL of ${seconds} s`;
        this.#warnLost(lease, new EtcdError("LEASE_LOST", message));
      } else if (now >= lease.renewAt) this.#renew(lease, now);
    }
    this.#wakeForAll();
  }

  #renew(lease: KeptLease, now: number): void {
    lease.renewAt = now + Math.max(KEEP_ALIVE_REOPEN_MS, (lease.ttlSeconds * 1_000) / 3);
    if (this.#stream === undefined) return void this.#open();
    lease.sentAt.push(now);
    this.#stream.send(LeaseKeepAliveRequest.encode({ id: lease.id }));
  }

  async #open(): Promise<void> {
    if (this.#opening) return;
    this.#opening = true;
    try {
      const { open, failed } = await this.#connection.stream(METHODS.Lease.LeaseKeepAlive.path, {
        metadata: REQUIRE_LEADER,
      });
      if (this.#leases.size === 0) return;
      const stream = open();
      this.#stream = stream;
      stream.onMessage = (message) => this.#receive(LeaseKeepAliveResponse.decode(message));
      stream.onEnd = (status) => {
        if (status.code === Status.UNAVAILABLE) failed();
        if (this.#stream === stream) this.#broken(errorOfStatus(status.code, status.message));
      };
      const now = this.#connection.clock.monotonic();
      for (const lease of this.#leases.values()) this.#renew(lease, now);
      this.#wakeForAll();
    } catch (cause) {
      this.#broken(toEtcdError(cause));
    } finally {
      this.#opening = false;
    }
  }

  #receive(response: LeaseKeepAliveResponse): void {
    const lease = this.#leases.get(response.id);
    if (lease === undefined) return;
    if (response.ttl <= 0) {
      const error = new EtcdError("LEASE_NOT_FOUND", "etcdserver: requested lease not found");
      return this.#warnLost(lease, error);
    }
    const sentAt = lease.sentAt.shift() ?? this.#connection.clock.monotonic();
    lease.ttlSeconds = response.ttl;
    lease.expiresAt = sentAt + response.ttl * 1_000;
    lease.renewAt = sentAt + (response.ttl * 1_000) / 3;
    this.#wakeBy(lease.renewAt);
  }

  /** Tries again shortly, with all leases: each is lost only when its own time is up. */
  #broken(error: EtcdError): void {
    this.#stream = undefined;
    if (this.#leases.size === 0 || this.#connection.closed) return;
    this.#connection.forgetToken(error);
    this.#connection.logger.warn("lease keep-alive stream broke, going on", {
      error: error.message,
    });
    const retryAt = this.#connection.clock.monotonic() + KEEP_ALIVE_REOPEN_MS;
    for (const lease of this.#leases.values()) {
      lease.sentAt.length = 0;
      lease.renewAt = Math.min(lease.renewAt, retryAt);
    }
    this.#wakeForAll();
  }
}
