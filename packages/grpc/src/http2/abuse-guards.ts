import type { Clock } from "@nodetcd/runtime";
import { ErrorCode, Http2Error } from "../http2-error.ts";
import type { Allowance } from "../limits.ts";

/** A leaking bucket for events that cost this side more than they cost the peer. */
export class AbuseGuard {
  readonly #clock: Clock;
  readonly #allowance: Allowance;
  readonly #what: string;
  #level = 0;
  #since = 0;

  constructor(clock: Clock, what: string, allowance: Allowance) {
    this.#clock = clock;
    this.#what = what;
    this.#allowance = allowance;
  }

  /** Counts one; ends the connection with ENHANCE_YOUR_CALM when it was one too many. */
  count(): void {
    const now = this.#clock.monotonic();
    const leaked = ((now - this.#since) / 1000) * this.#allowance.perSecond;
    this.#level = Math.max(0, this.#level - leaked) + 1;
    this.#since = now;
    if (this.#level > this.#allowance.burst) {
      throw new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, `Too many ${this.#what}`);
    }
  }
}
