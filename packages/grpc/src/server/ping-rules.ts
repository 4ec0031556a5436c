import type { Clock } from "@nodetcd/runtime";
import { ErrorCode, Http2Error } from "../http2-error.ts";

/** PINGs that come too early before the connection is ended. */
const STRIKES_MAX = 2;
/** How often a client without calls may send PING. */
const IDLE_MIN_TIME_MS = 7_200_000;

/** What the rules must know of a connection. */
interface PingedConnection {
  /** Frames sent so far that forgive PINGs. */
  readonly answers: number;
  readonly streams: { readonly size: number };
}

/**
 * grpc-go's enforcement of a client's keepalive: a PING too soon after the last one is a strike, more
 * than two strikes end the connection with `too_many_pings`, and whatever the server sends in between
 * forgives one PING and all strikes.
 */
export class PingRules {
  readonly #clock: Clock;
  readonly #minTimeMs: number;
  #lastPingAt = -Infinity;
  #strikes = 0;
  #sentBefore = -1;

  constructor(clock: Clock, minTimeMs: number) {
    this.#clock = clock;
    this.#minTimeMs = minTimeMs;
  }

  /** Judges a PING that has just come; raises ENHANCE_YOUR_CALM. */
  check(connection: PingedConnection): void {
    const now = this.#clock.monotonic();
    const sinceLast = now - this.#lastPingAt;
    this.#lastPingAt = now;
    const answered = connection.answers !== this.#sentBefore;
    this.#sentBefore = connection.answers;
    if (answered) {
      this.#strikes = 0;
      return;
    }
    const minTime = connection.streams.size === 0 ? IDLE_MIN_TIME_MS : this.#minTimeMs;
    if (sinceLast < minTime) this.#strikes++;
    if (this.#strikes > STRIKES_MAX) {
      throw new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings");
    }
  }
}
