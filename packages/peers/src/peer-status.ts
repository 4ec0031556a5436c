import type { Logger } from "@nodetcd/runtime";
import type { Clock } from "@nodetcd/runtime";
import type { Counters } from "./counters.ts";
import { hexId } from "./identity.ts";

/** What failed, for the operator: `failed to dial 1f on stream Message (...)`. */
export type FailedAction = "dial" | "read" | "write" | "heartbeat" | "post";
export type FailedSource = "stream Message" | "stream MsgApp v2" | "pipeline" | "sendMsgSnap";

/** Whether the last thing that was tried with a peer worked. */
export class PeerStatus {
  readonly #id: bigint;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #counters: Counters;
  #since: number | undefined;

  constructor(id: bigint, clock: Clock, logger: Logger, counters: Counters) {
    this.#id = id;
    this.#clock = clock;
    this.#logger = logger;
    this.#counters = counters;
  }

  /** Monotonic milliseconds since which it is active; undefined when it is not. */
  get activeSince(): number | undefined {
    return this.#since;
  }

  activate(): void {
    if (this.#since !== undefined) return;
    this.#since = this.#clock.monotonic();
    this.#counters.activePeers.set(hexId(this.#id), 1);
    this.#logger.info("peer became active", { "peer-id": hexId(this.#id) });
  }

  deactivate(source: FailedSource, action: FailedAction, reason: string): void {
    const id = hexId(this.#id);
    const fields = { "peer-id": id, error: `failed to ${action} ${id} on ${source} (${reason})` };
    if (this.#since === undefined) {
      this.#logger.debug("peer deactivated again", fields);
      return;
    }
    this.#since = undefined;
    this.#counters.activePeers.set(id, 0);
    this.#counters.disconnectedPeers.add(id, 1);
    this.#logger.warn("peer became inactive (message send to peer failed)", fields);
  }
}
