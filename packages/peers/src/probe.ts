import { type Clock, goDuration, type Logger, type Timer } from "@nodetcd/runtime";
import { askPeer } from "./ask.ts";
import type { Counters } from "./counters.ts";
import type { Dialer } from "./dialer.ts";
import { PeerError, textOf } from "./errors.ts";
import { hexId } from "./identity.ts";
import {
  CLOCK_DIFFERENCE_MAX_MS,
  PROBE_INTERVAL_MS,
  PROBE_LOOK_ILL_MS,
  PROBE_LOOK_MS,
  ROUND_TRIP_ALPHA,
} from "./limits.ts";
import type { PeerUrls } from "./peer-urls.ts";

/** Which of a peer's connections is looked at; the names are those of log lines. */
export type ProbeName = "ROUND_TRIPPER_RAFT_MESSAGE" | "ROUND_TRIPPER_SNAPSHOT";

export interface ProbeOptions {
  readonly name: ProbeName;
  readonly peerId: bigint;
  readonly clock: Clock;
  readonly dial: Dialer;
  readonly urls: PeerUrls;
  readonly logger: Logger;
  readonly counters: Counters;
}

/** Milliseconds since 1970 by the peer's clock. */
function peerTime(body: Uint8Array): number {
  const reply: unknown = JSON.parse(Buffer.from(body).toString());
  if (
    typeof reply === "object" &&
    reply !== null &&
    "OK" in reply &&
    reply.OK === true &&
    "Now" in reply
  ) {
    const time = Date.parse(String(reply.Now));
    if (!Number.isNaN(time)) return time;
  }
  throw new PeerError("BAD_HTTP", "the answer to a probe cannot be read");
}

/**
 * Asks a peer every 4 s whether it is there: measures the round trip, smoothed, and by how much the peer's
 * clock is behind; warns of a peer that does not answer (each 5 s) and of clocks that differ (each 30 s).
 */
export class Probe {
  readonly #options: ProbeOptions;
  readonly #ticker: Timer;
  #look: Timer;
  #asking = false;
  #stopped = false;
  #error: string | undefined = "";
  /** Milliseconds. */
  roundTripMs = 0;
  /** Milliseconds by which the peer is behind; negative when it is ahead. */
  clockDifferenceMs = 0;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#ticker = options.clock.setRepeating(PROBE_INTERVAL_MS, () => {
      if (!this.#asking) void this.#ask();
    });
    this.#look = options.clock.setTimer(PROBE_LOOK_ILL_MS, () => this.#lookAtIt());
  }

  stop(): void {
    this.#stopped = true;
    this.#ticker.cancel();
    this.#look.cancel();
  }

  async #ask(): Promise<void> {
    const { clock, dial, urls } = this.#options;
    const url = urls.current;
    const began = clock.monotonic();
    this.#asking = true;
    try {
      const question = {
        method: "GET",
        url: url.text,
        path: "/raft/probing",
        timeoutMs: PROBE_INTERVAL_MS,
      } as const;
      const { status, body } = await askPeer(clock, dial, question);
      if (status !== 200) throw new PeerError("REFUSED", `unhandled http status ${status}`);
      const theirs = peerTime(body);
      const tookMs = clock.monotonic() - began;
      this.roundTripMs += ROUND_TRIP_ALPHA * (tookMs - this.roundTripMs);
      this.clockDifferenceMs = clock.wallTime() - theirs - this.roundTripMs / 2;
      this.#error = undefined;
    } catch (error) {
      if (this.#stopped) return;
      urls.failed(url);
      this.#error = textOf(error);
    } finally {
      this.#asking = false;
    }
  }

  #lookAtIt(): void {
    const { clock, logger, peerId, name, counters } = this.#options;
    const fields = { "round-tripper-name": name, "remote-peer-id": hexId(peerId) };
    const rtt = goDuration(this.roundTripMs);
    const ill = this.#error !== undefined;
    if (ill) {
      logger.warn("prober detected unhealthy status", { ...fields, rtt, error: this.#error });
    } else if (this.clockDifferenceMs > CLOCK_DIFFERENCE_MAX_MS) {
      const drift = goDuration(this.clockDifferenceMs);
      logger.warn("prober found high clock drift", { ...fields, "clock-drift": drift, rtt });
    }
    counters.roundTripSeconds.observe(hexId(peerId), this.roundTripMs / 1000);
    this.#look = clock.setTimer(ill ? PROBE_LOOK_ILL_MS : PROBE_LOOK_MS, () => this.#lookAtIt());
  }
}
