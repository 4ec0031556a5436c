import type { Store, StoredKeyValue } from "@nodetcd/mvcc";
import type { Clock, Logger } from "@nodetcd/runtime";
import { RequestError } from "../errors.ts";
import { PIN_LIMIT_MS, PINS_MAX } from "../limits.ts";

/**
 * Where clients say what must stay readable: one key with a lease each, whose value is JSON with a `revision`. The
 * form is that of the client's `pin()`, and `nodetcd compactor` reads it too.
 */
const PIN_PREFIX = Buffer.from("nodetcd/pins/");
/** The first key behind those with the prefix. */
const PIN_END = Buffer.from("nodetcd/pins0");

/** A wish that a revision stays readable. */
export interface Pin {
  readonly key: string;
  readonly revision: number;
}

/** The revision in a pin; undefined for what is none, such as a key that somebody wrote by hand. */
function pinnedRevision(value: Uint8Array): number | undefined {
  try {
    const parsed = JSON.parse(Buffer.from(value).toString()) as { revision?: unknown } | null;
    const revision = parsed?.revision;
    return Number.isSafeInteger(revision) && Number(revision) > 0 ? Number(revision) : undefined;
  } catch {
    return undefined;
  }
}

/** The pins in a store, as far as they count: those that this member has not seen for longer than the limit. */
export class Pins {
  readonly #store: Pick<Store, "range">;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Monotonic milliseconds at which a pin was first seen, by key and create revision. */
  #firstSeen = new Map<string, number>();

  constructor(store: Pick<Store, "range">, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The oldest pin that counts. Raises `TOO_MANY_REQUESTS` where there are more than are looked at. */
  oldest(): Pin | undefined {
    const { keyValues, count } = this.#store.range(PIN_PREFIX, PIN_END, { limit: PINS_MAX });
    if (count > PINS_MAX) {
      throw new RequestError("TOO_MANY_REQUESTS", `there are more than ${PINS_MAX} pins`);
    }
    const now = this.#clock.monotonic();
    const seen = new Map<string, number>();
    let oldest: Pin | undefined;
    for (const found of keyValues) {
      const pin = this.#counting(found, now, seen);
      if (pin !== undefined && !(oldest !== undefined && oldest.revision <= pin.revision)) {
        oldest = pin;
      }
    }
    this.#firstSeen = seen;
    return oldest;
  }

  /** Notes which pins there are, so that their age is known before this member leads. */
  look(): void {
    try {
      this.oldest();
    } catch {
      // Told when a compaction is due.
    }
  }

  #counting(found: StoredKeyValue, now: number, seen: Map<string, number>): Pin | undefined {
    const { value, createRevision } = found;
    const revision = pinnedRevision(value);
    if (revision === undefined) return undefined;
    const key = Buffer.from(found.key).toString();
    const name = `${key} ${createRevision}`;
    const known = this.#firstSeen.get(name);
    const since = known ?? now;
    // Once told it stays for ever; -Infinity says that it was.
    if (now - since < PIN_LIMIT_MS) {
      seen.set(name, since);
      return { key, revision };
    }
    seen.set(name, -Infinity);
    if (since !== -Infinity) {
      const fields = { pin: key, revision, "limit-ms": PIN_LIMIT_MS };
      this.#logger.warn("a pin is older than the limit and is not respected any longer", fields);
    }
    return undefined;
  }
}
