import { type Clock, goDuration, type Logger } from "@nodetcd/runtime";
import { hexId } from "./identity.ts";

/**
 * Watches over a leader's heartbeats: one that leaves later than two intervals after the last to the same
 * peer says that this process, or its disk, is overloaded.
 */
export class HeartbeatDelay {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #intervalMs: number;
  readonly #sentAt = new Map<bigint, number>();
  /** Heartbeats that left too late: `etcd_server_heartbeat_send_failures_total`. */
  late = 0;

  constructor(clock: Clock, logger: Logger, intervalMs: number) {
    this.#clock = clock;
    this.#logger = logger;
    this.#intervalMs = intervalMs;
  }

  /** A heartbeat leaves. */
  sent(to: bigint): void {
    const now = this.#clock.monotonic();
    const last = this.#sentAt.get(to);
    this.#sentAt.set(to, now);
    const expectedMs = 2 * this.#intervalMs;
    if (last === undefined || now - last <= expectedMs) return;
    this.late++;
    this.#logger.warn(
      "leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk",
      {
        to: hexId(to),
        "heartbeat-interval": goDuration(this.#intervalMs),
        "expected-duration": goDuration(expectedMs),
        "exceeded-duration": goDuration(now - last - expectedMs),
      },
    );
  }

  /** Leader or role have changed: what was sent before does not count. */
  reset(): void {
    this.#sentAt.clear();
  }
}
