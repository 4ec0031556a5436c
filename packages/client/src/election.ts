import type { BytesLike } from "./bytes-like.ts";
import { checkOptions, isBytesLike, isName, isSignal, type OptionChecks } from "./check.ts";
import { endQuietly } from "./end-quietly.ts";
import { EtcdError } from "./errors.ts";
import type { KeyValue } from "./key-value.ts";
import {
  lostError,
  type Parts,
  type Place,
  SESSION_OPTIONS,
  type SessionOptions,
  takePlace,
  waitForTurn,
} from "./ownership.ts";
import { compare, op } from "./txn.ts";
import { watch } from "./watch.ts";

/** Being the leader, until `resign` or until `lost` is aborted. */
export class Leadership implements AsyncDisposable {
  /** The key that holds the leader's value. */
  readonly key: string;
  /** Grows from leader to leader: a fencing token. */
  readonly revision: number;
  /** Aborted when the lease behind the leadership is lost. */
  readonly lost: AbortSignal;
  readonly #parts: Parts;
  readonly #name: string;
  readonly #place: Place;

  constructor(parts: Parts, name: string, place: Place) {
    this.#parts = parts;
    this.#name = name;
    this.#place = place;
    this.key = place.key;
    this.revision = place.revision;
    this.lost = place.lost;
  }

  /** Changes the value without another election. `LEASE_LOST` when it is no longer the leader. */
  async proclaim(value: BytesLike): Promise<void> {
    const { succeeded } = await this.#parts.kv
      .txn()
      .if(compare.createRevision(this.key, "=", this.revision))
      .then(op.put(this.key, value, { ignoreLease: true }))
      .commit();
    if (!succeeded) throw lostError(this.#name, this.#place);
  }

  /** Lets the next candidate lead. Idempotent; whoever leads by then goes on. */
  async resign(): Promise<void> {
    await this.#place.leave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endQuietly(this.resign());
  }
}

const OBSERVE: OptionChecks<{ signal?: AbortSignal }> = { signal: isSignal };

/** Elects one leader among those who campaign under the same name, in the order they came. */
export class Election {
  readonly name: string;
  readonly #parts: Parts;

  constructor(parts: Parts, name: string) {
    isName(name, "name");
    this.#parts = parts;
    this.name = name;
  }

  /** Becomes a candidate, and resolves once it is the leader. `value` is what others see. */
  async campaign(value: BytesLike, options: SessionOptions = {}): Promise<Leadership> {
    isBytesLike(value, "value");
    checkOptions(options, SESSION_OPTIONS);
    const place = await takePlace(this.#parts, this.name, value, options);
    await waitForTurn(this.#parts, this.name, place, options.signal);
    return new Leadership(this.#parts, this.name, place);
  }

  /** The leader's key and value, or `undefined` while there is none. */
  async leader(options: { signal?: AbortSignal } = {}): Promise<KeyValue | undefined> {
    const { keyValues } = await this.#parts.kv.range(`${this.name}/`, {
      prefix: true,
      sortBy: "createRevision",
      limit: 1,
      ...options,
    });
    return keyValues[0];
  }

  /** The leader now, and each time that the leader or its value changes, until the signal ends it. */
  async *observe(
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<KeyValue, void, undefined> {
    checkOptions(options, OBSERVE);
    let seen = 0;
    for (;;) {
      const watcher = watch(this.#parts.connection, `${this.name}/`, { prefix: true, ...options });
      try {
        await watcher.ready;
        for (;;) {
          const leader = await this.leader(options);
          if (leader !== undefined && leader.modRevision !== seen) {
            seen = leader.modRevision;
            yield leader;
          }
          if ((await watcher.next()).done === true) return;
        }
      } catch (error) {
        if (options.signal?.aborted === true) return;
        // Cut off for so long that history is gone: who leads now is asked anew.
        if (!(error instanceof EtcdError && error.code === "COMPACTED")) throw error;
      } finally {
        await watcher.return();
      }
    }
  }
}
