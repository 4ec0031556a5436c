import { equalBytes } from "@nodetcd/bytes";
import { METHODS } from "@nodetcd/messages";
import { type BytesLike, toBytes } from "./bytes-like.ts";
import type { CallOptions } from "./call-options.ts";
import type { Calls } from "./calls.ts";
import { isLeaseHandle, isSeconds, isSignal, type OptionChecks } from "./check.ts";
import { EtcdError } from "./errors.ts";
import { firstAbort } from "./first-abort.ts";
import type { KeyValue } from "./key-value.ts";
import type { Kv } from "./kv.ts";
import type { Lease, Leases } from "./lease.ts";
import { SESSION_TTL_SECONDS } from "./limits.ts";
import { abortedError } from "./retry.ts";
import { compare, op, txnRequest } from "./txn.ts";
import { watch } from "./watch.ts";
import type { Watcher } from "./watcher.ts";

/** What locks and elections are made of. */
export interface Parts {
  readonly connection: Calls;
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

export const SESSION_OPTIONS: OptionChecks<SessionOptions> = {
  ttlSeconds: isSeconds,
  lease: isLeaseHandle,
  signal: isSignal,
};

/** A place in the queue of a name: the key with the lowest create revision is the owner. */
export interface Place {
  readonly key: string;
  /** Create revision of the key: grows from owner to owner, so it serves as a fencing token. */
  readonly revision: number;
  /** Aborted when the lease is lost: somebody else may be the owner from then on. */
  readonly lost: AbortSignal;
  /**
   * Gives up this place, and never one that came to the same key later. Idempotent; also done by `Client.close`.
   */
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
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const granted =
    options.lease === undefined
      ? await parts.leases.grant(options.ttlSeconds ?? SESSION_TTL_SECONDS, call)
      : undefined;
  const lease = options.lease ?? granted!;
  const key = `${name}/${lease.id.toString(16)}`;
  const lost = lease.keepAlive();
  try {
    const revision = await putKey(parts.kv, key, value, lease, call);
    const leave = granted === undefined ? deleteKey(parts, key, revision) : revoke(parts, granted);
    return { key, revision, lost, leave: once(parts.connection, leave) };
  } catch (error) {
    if (granted !== undefined) await revoke(parts, granted)().catch(() => undefined);
    throw error;
  }
}

/** @returns the create revision of the key, which holds the value now */
async function putKey(
  kv: Kv,
  key: string,
  value: BytesLike,
  lease: Lease,
  call: CallOptions,
): Promise<number> {
  for (;;) {
    const { succeeded, revision, results } = await kv
      .txn(call)
      .if(compare.createRevision(key, "=", 0))
      .then(op.put(key, value, { lease }))
      .else(op.range(key))
      .commit();
    if (succeeded) return revision;
    // It was there: this lease has the place already, perhaps with another value.
    const found = results[0]?.kind === "range" ? results[0].keyValues[0] : undefined;
    if (found === undefined) continue;
    if (equalBytes(found.value, toBytes(value, "value"))) return found.createRevision;
    const own = compare.createRevision(key, "=", found.createRevision);
    const put = op.put(key, value, { lease });
    if ((await kv.txn(call).if(own).then(put).commit()).succeeded) return found.createRevision;
  }
}

type Leave = (options?: CallOptions) => Promise<void>;

/** The key of this create revision alone: with the same lease somebody may have it anew. */
function deleteKey({ connection }: Parts, key: string, revision: number): Leave {
  const request = txnRequest([compare.createRevision(key, "=", revision)], [op.delete(key)], []);
  return async (options) => {
    await connection.call(METHODS.KV.Txn, request, options, "last");
  };
}

/** The lease is this place's own: `lost` stays silent. */
function revoke({ connection, leases }: Parts, { id }: Lease): Leave {
  return async (options) => {
    leases.stop(id);
    try {
      await connection.call(METHODS.Lease.LeaseRevoke, { id }, options, "last");
    } catch (error) {
      if (!(error instanceof EtcdError && error.code === "LEASE_NOT_FOUND")) throw error;
    }
  };
}

/** As `leave`, but later calls share the first that did not fail, and the end of the client calls it. */
function once(connection: Calls, leave: Leave): Leave {
  let leaving: Promise<void> | undefined;
  const left = async (options?: CallOptions): Promise<void> => {
    leaving ??= leave(options).then(forget, (error: unknown) => {
      leaving = undefined;
      throw error;
    });
    await leaving;
  };
  const forget = connection.beforeClose(() => left());
  return left;
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
      await untilDeleted(watcher);
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

/** Returns also when history was compacted meanwhile: who waits looks again. */
async function untilDeleted(watcher: Watcher): Promise<void> {
  try {
    await watcher.next();
  } catch (error) {
    if (!(error instanceof EtcdError && error.code === "COMPACTED")) throw error;
  } finally {
    await watcher.return();
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
