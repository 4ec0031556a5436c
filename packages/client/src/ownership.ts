import type { BytesLike } from "./bytes-like.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { EtcdError } from "./errors.ts";
import { firstAbort } from "./first-abort.ts";
import type { KeyValue } from "./key-value.ts";
import type { Kv } from "./kv.ts";
import type { Lease, Leases } from "./lease.ts";
import { SESSION_TTL_SECONDS } from "./limits.ts";
import { abortedError } from "./retry.ts";
import { compare, op } from "./txn.ts";
import { watch } from "./watch.ts";

/** What locks and elections are made of. */
export interface Parts {
  readonly connection: Connection;
  readonly kv: Kv;
  readonly leases: Leases;
}

export interface SessionOptions {
  /** Seconds until others take over when this process dies or is cut off. Default 10. */
  ttlSeconds?: number;
  /**
   * A lease to use instead of an own one: kept alive by its owner, and not revoked at the end.
   * Taking the same name twice with one lease is taking it once.
   */
  lease?: Lease;
  /** Gives up waiting: fails with `CANCELLED`, and leaves the queue. */
  signal?: AbortSignal;
}

/** A place in the queue of a name: the key with the lowest create revision is the owner. */
export interface Place {
  readonly key: string;
  /** Create revision of the key: grows from owner to owner, so it serves as a fencing token. */
  readonly revision: number;
  readonly lease: Lease;
  /** Aborted when the lease is lost: somebody else may be the owner from then on. */
  readonly lost: AbortSignal;
  /** Gives the place up. */
  leave(options?: CallOptions): Promise<void>;
}

/**
 * Queues up as `name/<lease id in hex>`, the layout of etcd's own clients, so that both can be used
 * side by side. Resolves at once, whether or not it is the first.
 */
export async function takePlace(
  parts: Parts,
  name: string,
  value: BytesLike,
  options: SessionOptions,
): Promise<Place> {
  const { kv, leases } = parts;
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const lease =
    options.lease ?? (await leases.grant(options.ttlSeconds ?? SESSION_TTL_SECONDS, call));
  const lost = lease.keepAlive();
  const key = `${name}/${lease.id.toString(16)}`;
  const leave = async (callOptions?: CallOptions): Promise<void> => {
    if (options.lease === undefined) await lease.revoke(callOptions);
    else await kv.delete(key, callOptions);
  };
  try {
    const { succeeded, revision, results } = await kv
      .txn(call)
      .if(compare.createRevision(key, "=", 0))
      .then(op.put(key, value, { lease }))
      .else(op.range(key))
      .commit();
    const found = results[0]?.kind === "range" ? results[0].keyValues[0] : undefined;
    const created = succeeded ? revision : (found?.createRevision ?? 0);
    return { key, revision: created, lease, lost, leave };
  } catch (error) {
    await leave().catch(() => undefined);
    throw error;
  }
}

/** The place right before this one, or `undefined` when it is the owner. */
export async function predecessor(
  { kv }: Parts,
  name: string,
  place: Place,
  signal?: AbortSignal,
): Promise<{ before: KeyValue | undefined; revision: number }> {
  const { keyValues, revision } = await kv.range(`${name}/`, {
    prefix: true,
    maxCreateRevision: place.revision - 1,
    sortBy: "createRevision",
    order: "descend",
    limit: 1,
    keysOnly: true,
    ...(signal === undefined ? {} : { signal }),
  });
  return { before: keyValues[0], revision };
}

/**
 * Waits until nobody is before this place. Fails with `CANCELLED` (the signal) or `LEASE_LOST`, and
 * leaves the queue then.
 */
export async function waitForTurn(
  parts: Parts,
  name: string,
  place: Place,
  signal: AbortSignal | undefined,
): Promise<void> {
  const first = firstAbort(signal === undefined ? [place.lost] : [signal, place.lost]);
  const until = first.signal;
  try {
    for (;;) {
      const { before, revision } = await predecessor(parts, name, place, until);
      if (before === undefined) return await stillThere(parts, place);
      const watcher = watch(parts.connection, before.key, {
        startRevision: revision + 1,
        ignore: "put",
        signal: until,
      });
      await watcher.next();
      await watcher.return();
      until.throwIfAborted();
    }
  } catch (error) {
    await place.leave().catch(() => undefined);
    if (signal?.aborted === true) throw abortedError(signal);
    if (place.lost.aborted) throw lostError(name, place);
    throw error;
  } finally {
    first.release();
  }
}

/** Being first counts only while the own key is there: its lease may have ended meanwhile. */
async function stillThere({ kv }: Parts, place: Place): Promise<void> {
  const own = await kv.get(place.key, { keysOnly: true });
  if (own?.createRevision !== place.revision) {
    throw new EtcdError("LEASE_LOST", `The lease of ${place.key} ended while it was waiting`);
  }
}

export function lostError(name: string, place: Place): EtcdError {
  return new EtcdError("LEASE_LOST", `The lease behind ${name} was lost`, {
    cause: place.lost.reason,
  });
}
