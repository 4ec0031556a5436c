import type { Clock } from "@nodetcd/runtime";
import type { RequestErrorCode } from "../errors.ts";

/** What is known of the others. */
export interface TimeoutView {
  readonly memberId: bigint;
  /** 0: none. */
  leader(): bigint;
  voters(): readonly bigint[];
  /** Since when a peer has been connected, on the monotonic clock; undefined while it is not. */
  activeSince(id: bigint): number | undefined;
}

const NO_NODE = 0n;

/** Why a proposal was not applied in time, as far as this member can tell; the rules are etcd's. */
export class TimeoutCause {
  readonly #clock: Clock;
  readonly #electionTimeoutMs: number;
  readonly #view: TimeoutView;
  #leader = NO_NODE;
  #electedAt = -Infinity;
  #lostAt = -Infinity;

  constructor(clock: Clock, electionTimeoutMs: number, view: TimeoutView) {
    this.#clock = clock;
    this.#electionTimeoutMs = electionTimeoutMs;
    this.#view = view;
  }

  /** The leader may be another one. */
  lookAtLeader(): void {
    const leader = this.#view.leader();
    if (leader === this.#leader) return;
    if (leader === NO_NODE) this.#lostAt = this.#clock.monotonic();
    else this.#electedAt = this.#clock.monotonic();
    this.#leader = leader;
  }

  /** @param start when it was proposed, on the monotonic clock */
  of(start: number): RequestErrorCode {
    const lostAt = this.#electedAt - 2 * this.#electionTimeoutMs;
    if (start > lostAt && start < this.#electedAt) return "TIMEOUT_LEADER_FAILED";
    const { memberId } = this.#view;
    const leader = this.#view.leader();
    // One that came after the last leader was lost has waited for the next all the time.
    if (leader === NO_NODE) return start >= this.#lostAt ? "TIMEOUT_NOT_PROPOSED" : "TIMEOUT";
    const wasConnected = (id: bigint): boolean => {
      const since = id === memberId ? -Infinity : this.#view.activeSince(id);
      return since !== undefined && since < start;
    };
    const voters = this.#view.voters();
    const isFine =
      leader === memberId
        ? 2 * voters.filter(wasConnected).length > voters.length
        : wasConnected(leader);
    return isFine ? "TIMEOUT" : "TIMEOUT_CONNECTION_LOST";
  }
}
