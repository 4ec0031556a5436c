import { checkOptions, isBoolean, isName, type OptionChecks } from "./check.ts";
import { EtcdError } from "./errors.ts";
import { endQuietly } from "./end-quietly.ts";
import {
  type Parts,
  type Place,
  predecessor,
  SESSION_OPTIONS,
  type SessionOptions,
  takePlace,
  waitForTurn,
} from "./ownership.ts";

export interface LockOptions extends SessionOptions {
  /** False: fail with `LOCK_HELD` instead of waiting. Default true. */
  wait?: boolean;
}

const LOCK: OptionChecks<LockOptions> = { ...SESSION_OPTIONS, wait: isBoolean };

/**
 * A lock that is held until `unlock` or until `lost` is aborted. Whoever writes under the lock makes
 * the write conditional on it, since a paused process does not notice that its lease has run out:
 * `compare.createRevision(lock.key, "=", lock.revision)`.
 */
export class Lock implements AsyncDisposable {
  /** The key that stands for the lock while it is held. */
  readonly key: string;
  /** Grows from holder to holder: a fencing token. */
  readonly revision: number;
  /** Aborted when the lease behind the lock is lost. */
  readonly lost: AbortSignal;
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
    this.key = place.key;
    this.revision = place.revision;
    this.lost = place.lost;
  }

  /** Lets the next one have it. Idempotent; whoever has the lock by then keeps it. */
  async unlock(): Promise<void> {
    await this.#place.leave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endQuietly(this.unlock());
  }
}

/** Takes the lock with this name; see `Client.lock`. */
export async function lock(parts: Parts, name: string, options: LockOptions): Promise<Lock> {
  isName(name, "name");
  checkOptions(options, LOCK);
  const place = await takePlace(parts, name, "", options);
  if (options.wait === false) await onlyIfFirst(parts, name, place, options.signal);
  await waitForTurn(parts, name, place, options.signal);
  return new Lock(place);
}

async function onlyIfFirst(
  parts: Parts,
  name: string,
  place: Place,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    if ((await predecessor(parts, name, place, signal)).before === undefined) return;
  } catch (error) {
    await place.leave().catch(() => undefined);
    throw error;
  }
  await place.leave();
  throw new EtcdError("LOCK_HELD", `Lock ${name} is held by somebody else`);
}
