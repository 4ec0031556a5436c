import { METHODS } from "@nodetcd/messages";
import { copyBytes, toText } from "./bytes-like.ts";
import { checkOptions, isBoolean, isCount, isId, isSeconds, type OptionChecks } from "./check.ts";
import { EtcdError } from "./errors.ts";
import { endQuietly } from "./end-quietly.ts";
import { CALL_OPTIONS, type CallOptions } from "./call-options.ts";
import type { Calls } from "./calls.ts";
import { LeaseKeeper } from "./lease-keeper.ts";

export interface GrantOptions extends CallOptions {
  /** Wanted id, not zero. Default: the server picks one. `LEASE_EXISTS` when it is taken. */
  id?: bigint;
}

const GRANT: OptionChecks<GrantOptions> = { ...CALL_OPTIONS, id: isId };
const TIME_TO_LIVE = { ...CALL_OPTIONS, keys: isBoolean };

export interface TimeToLive {
  /** Whole seconds left; -1 when the lease has ended or never was. */
  ttlSeconds: number;
  /** Seconds that a renewal gives. */
  grantedTtlSeconds: number;
  /** The attached keys, if asked for. */
  keys: Uint8Array[];
  /** The same as UTF-8 text. */
  keysText: () => string[];
}

/** A lease: keys put with it are deleted when it ends. */
export class Lease implements AsyncDisposable {
  readonly id: bigint;
  /** Seconds that were granted; servers raise what is too short (2 s by default). 0: not known. */
  readonly ttlSeconds: number;
  readonly #leases: Leases;

  constructor(leases: Leases, id: bigint, ttlSeconds: number) {
    this.#leases = leases;
    this.id = id;
    this.ttlSeconds = ttlSeconds;
  }

  /** Renews it until `stop`, `revoke` or `Client.close`; see `Leases.keepAlive`. */
  keepAlive(): AbortSignal {
    return this.#leases.keepAlive(this.id, this.ttlSeconds);
  }

  /** Stops renewing: the lease runs out within its TTL. */
  stop(): void {
    this.#leases.stop(this.id);
  }

  /** Ends it now, with its keys; the signal of `keepAlive` is aborted at once. */
  revoke(options?: CallOptions): Promise<void> {
    return this.#leases.revoke(this.id, options);
  }

  timeToLive(options?: CallOptions & { keys?: boolean }): Promise<TimeToLive> {
    return this.#leases.timeToLive(this.id, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endQuietly(this.revoke());
  }
}

/** Leases of the cluster. */
export class Leases {
  readonly #connection: Calls;
  readonly #keeper: LeaseKeeper;

  constructor(connection: Calls) {
    this.#connection = connection;
    this.#keeper = new LeaseKeeper(connection);
  }

  /** Grants a lease of so many seconds. It is not renewed unless `keepAlive` is called. */
  async grant(ttlSeconds: number, options: GrantOptions = {}): Promise<Lease> {
    checkOptions(options, GRANT);
    isSeconds(ttlSeconds, "ttlSeconds");
    const request = { ttl: ttlSeconds, id: options.id };
    const { id, ttl } = await this.#connection.call(METHODS.Lease.LeaseGrant, request, options);
    return new Lease(this, id, ttl);
  }

  /** A lease that was granted elsewhere. Nothing is sent. */
  of(id: bigint): Lease {
    isId(id, "id");
    return new Lease(this, id, 0);
  }

  /**
   * Renews a lease at a third of its TTL, through broken connections, until it is stopped. The signal
   * is aborted when the lease is lost: revoked, or not renewed in time. Its reason is an `EtcdError`
   * (`LEASE_NOT_FOUND`, `LEASE_LOST`, `CLIENT_CLOSED`).
   */
  keepAlive(id: bigint, ttlSeconds = 0): AbortSignal {
    isId(id, "id");
    isCount(ttlSeconds, "ttlSeconds");
    return this.#keeper.keep(id, ttlSeconds);
  }

  stop(id: bigint): void {
    this.#keeper.release(id);
  }

  async revoke(id: bigint, options?: CallOptions): Promise<void> {
    checkOptions(options, CALL_OPTIONS);
    isId(id, "id");
    const message = "The lease was revoked through this client";
    this.#keeper.lose(id, new EtcdError("LEASE_LOST", message));
    await this.#connection.call(METHODS.Lease.LeaseRevoke, { id }, options);
  }

  async timeToLive(
    id: bigint,
    options: CallOptions & { keys?: boolean } = {},
  ): Promise<TimeToLive> {
    checkOptions(options, TIME_TO_LIVE);
    isId(id, "id");
    const request = { id, keys: options.keys };
    const response = await this.#connection.call(METHODS.Lease.LeaseTimeToLive, request, options);
    const keys = response.keys.map(copyBytes);
    return {
      ttlSeconds: response.ttl,
      grantedTtlSeconds: response.grantedTtl,
      keys,
      keysText: () => keys.map(toText),
    };
  }

  /** Ids of all leases that are alive. */
  async list(options?: CallOptions): Promise<bigint[]> {
    checkOptions(options, CALL_OPTIONS);
    const { leases } = await this.#connection.call(METHODS.Lease.LeaseLeases, {}, options);
    return leases.map(({ id }) => id);
  }
}
