import { sleep } from "@nodetcd/runtime";
import { COMPACTION_IDLE_TURN_MS, COMPACTION_REST_MAX_MS } from "./limits.ts";
import type { StoreState } from "./store-state.ts";

/**
 * Lets a compaction make way for others, by what they do: as long as nobody writes and a turn of the loop comes at once it does
 * not rest at all; else it rests after each step as long as the step took, so that half of the disk's time and of the loop's
 * stay theirs. A rest is bounded, so it comes to an end under any load.
 */
export class CompactionPace {
  readonly #state: StoreState;
  #revision: number;
  #began: number;

  constructor(state: StoreState) {
    this.#state = state;
    this.#revision = state.revision;
    this.#began = state.clock.monotonic();
  }

  /**
   * Call it after each step.
   *
   * @param least milliseconds of rest where it is not alone
   */
  async rest(least: number): Promise<void> {
    const { clock } = this.#state;
    const ended = clock.monotonic();
    await clock.yield();
    const turn = clock.monotonic() - ended;
    const isAlone = this.#state.revision === this.#revision && turn < COMPACTION_IDLE_TURN_MS;
    if (!isAlone) {
      const took = Math.max(ended - this.#began, turn);
      await sleep(clock, Math.min(COMPACTION_REST_MAX_MS, Math.max(least, took)));
    }
    this.#revision = this.#state.revision;
    this.#began = clock.monotonic();
  }
}
