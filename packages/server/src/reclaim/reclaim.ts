import type { Clock, Logger, Random, Timer } from "@nodetcd/runtime";
import {
  RECLAIM_ALARM_INTERVAL_MS,
  RECLAIM_BYTES_MIN,
  RECLAIM_INTERVAL_MS,
  RECLAIM_LOOK_MS,
} from "../limits.ts";

/** What a member says to the others about defragmenting by itself. */
export interface ReclaimState {
  /** It rewrites its file, or is about to. */
  readonly running: boolean;
  /** It would begin if it was alone. */
  readonly due: boolean;
}

export interface ReclaimOptions {
  readonly clock: Clock;
  readonly random: Pick<Random, "below">;
  readonly logger: Logger;
  readonly backend: {
    readonly isDefragmenting: boolean;
    size(): number;
    sizeInUse(): number;
    defragment(): Promise<void>;
  };
  /** Free share of the file from which on it is rewritten, above 0 and below 1; 0 never. */
  readonly threshold: number;
  readonly isLeader: () => boolean;
  /** Asks all other members at once; rejects when one does not answer. */
  readonly askOthers: () => Promise<readonly ReclaimState[]>;
  /** Bytes below which the NOSPACE alarm of this member is withdrawn; undefined for never. */
  readonly disarmBelow: number | undefined;
  /** Without it the alarm stays. */
  readonly hasDisk: () => boolean;
  readonly hasAlarm: () => boolean;
  /** Withdraws the NOSPACE alarm of this member. */
  readonly disarm: () => Promise<unknown>;
}

/**
 * Gives the free pages of the database file back to the file system when they are a large share of it, one member of the cluster at a
 * time and the leader last.
 *
 * A member says that it is running before it asks the others. So of two that begin at once at least one sees the other, and
 * whoever sees another withdraws and tries again at a random time later: never two at once. A member that does not
 * answer may be running, and is waited for.
 */
export class Reclaimer {
  readonly #options: ReclaimOptions;
  #timer: Timer | undefined;
  #claimed = false;
  #stopped = false;
  #lastDone = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(options: ReclaimOptions) {
    this.#options = options;
  }

  get state(): ReclaimState {
    return { running: this.#claimed || this.#options.backend.isDefragmenting, due: this.#isDue() };
  }

  start(): void {
    const { clock, random } = this.#options;
    const delay = RECLAIM_LOOK_MS / 2 + random.below(RECLAIM_LOOK_MS);
    this.#timer = clock.setTimer(delay, () => {
      this.#looking = this.look().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  /** Looks now. Never rejects. */
  async look(): Promise<void> {
    const { logger, hasAlarm, hasDisk, disarm, backend, disarmBelow } = this.#options;
    try {
      if (this.#isDue()) await this.#reclaim();
      if (disarmBelow === undefined || !hasAlarm() || !hasDisk()) return;
      if (backend.size() >= disarmBelow) return;
      await disarm();
      logger.info("withdrew the NOSPACE alarm: there is space again", {
        "current-db-size-bytes": backend.size(),
      });
    } catch (error) {
      if (!this.#stopped) logger.warn("failed to reclaim space", { error: String(error) });
    }
  }

  #isDue(): boolean {
    const { backend, threshold, clock, disarmBelow, hasAlarm } = this.#options;
    if (threshold === 0 && disarmBelow === undefined) return false;
    const size = backend.size();
    const inUse = backend.sizeInUse();
    // A member that nobody can write to does not wait for its hour.
    const rested = clock.monotonic() - this.#lastDone;
    if (disarmBelow !== undefined && hasAlarm() && size >= disarmBelow) {
      return inUse < disarmBelow && rested >= RECLAIM_ALARM_INTERVAL_MS;
    }
    if (rested < RECLAIM_INTERVAL_MS) return false;
    return threshold > 0 && size - inUse >= Math.max(RECLAIM_BYTES_MIN, size * threshold);
  }

  async #reclaim(): Promise<void> {
    const { backend, logger, isLeader, askOthers, clock } = this.#options;
    if (backend.isDefragmenting) return;
    this.#claimed = true;
    try {
      const others = await askOthers();
      if (this.#stopped || others.some(({ running }) => running)) return;
      if (isLeader() && others.some(({ due }) => due)) return;
      const before = backend.size();
      logger.info("starting defragment", {
        "current-db-size-bytes": before,
        "current-db-size-in-use-bytes": backend.sizeInUse(),
      });
      await backend.defragment();
      this.#lastDone = clock.monotonic();
      logger.info("finished defragment", { "reclaimed-bytes": before - backend.size() });
    } finally {
      this.#claimed = false;
    }
  }
}
