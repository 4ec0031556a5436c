import { type KeyValue, type Pin, readPin } from "@nodetcd/client";
import type { Clock, Logger } from "@nodetcd/runtime";
import { CompactorError } from "./errors.ts";
import { PINS_MAX } from "./limits.ts";

/** Which pins count: those that are not older than the limit, as far as this process has seen. */
export class PinWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limitMs: number;
  /** Monotonic milliseconds at which a pin was first seen, by key and create revision. */
  #firstSeen = new Map<string, number>();
  readonly #warned = new Set<string>();

  constructor(options: { clock: Clock; logger: Logger; limitMs: number }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#limitMs = options.limitMs;
  }

  /**
   * The oldest pin that counts among all pins of the cluster, which these are. Those that were there
   * before for longer than the limit are passed over, with a warning each.
   */
  oldest(keyValues: readonly KeyValue[], more: boolean): Pin | undefined {
    if (more) {
      throw new CompactorError(
        "TOO_MANY_PINS",
        `There are more than ${PINS_MAX} pins; nothing is compacted until there are fewer`,
      );
    }
    const now = this.#clock.monotonic();
    const seen = new Map<string, number>();
    let oldest: Pin | undefined;
    for (const keyValue of keyValues) {
      const pin = readPin(keyValue);
      if (pin === undefined) continue;
      const name = `${pin.key} ${pin.createRevision}`;
      const since = this.#firstSeen.get(name) ?? now;
      seen.set(name, since);
      if (now - since >= this.#limitMs) this.#warnOnce(name, pin);
      else if (oldest === undefined || pin.revision < oldest.revision) oldest = pin;
    }
    this.#firstSeen = seen;
    for (const name of this.#warned) if (!seen.has(name)) this.#warned.delete(name);
    return oldest;
  }

  #warnOnce(name: string, pin: Pin): void {
    if (this.#warned.has(name)) return;
    this.#warned.add(name);
    this.#logger.warn("a pin is older than the limit and is not respected any longer", {
      pin: pin.key,
      revision: pin.revision,
      reason: pin.reason,
      "limit-ms": this.#limitMs,
    });
  }
}
